"""Settings that must hold before TensorFlow is imported."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")
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
