"""Settings that must hold before TensorFlow is imported."""

import gc
import os
import sys

import pytest

from course import language

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("COURSE_LANG", "en")  # whatever the terminal speaks
# The tests' networks are small: a second thread costs more than it brings. They run
# on processors also where there is a GPU, whose results are not those of another.
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
for name in (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
):
    os.environ.setdefault(name, "1")

if "PYTEST_XDIST_WORKER" in os.environ:
    # What TensorFlow logs while it is imported would stand between the dots: pytest
    # does not capture it in a worker.
    from course.toolkit import load_keras

    load_keras()


@pytest.fixture(autouse=True)
def keras_starts_the_same():
    """The weights of a test are the same in every run, and in whatever order."""
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(0)


@pytest.fixture(autouse=True)
def language_is_not_chosen():
    """A command chooses the language of its process, which the next test shares."""
    yield
    language.use(None)


@pytest.fixture(autouse=True, scope="module")
def keras_forgets():
    """Give back what the models of a module of tests hold: gigabytes, in the end."""
    yield
    if "keras" in sys.modules:
        sys.modules["keras"].utils.clear_session()
    gc.collect()


@pytest.fixture(scope="module")
def slot():
    """A place for one zygote, which the tests of a module share."""
    from course.grading.sandbox.pool import Slot

    slot = Slot()
    yield slot
    slot.close()
