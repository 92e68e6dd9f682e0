"""Loading TensorFlow without its log lines."""

import os
import sys


def load_keras():
    """Load Keras and TensorFlow, and keep their log lines out of the notebook.

    TensorFlow's first lines come from C++ before its log level counts, so they are
    stopped at the file descriptor. Errors in loading are raised as ever.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        import keras  # noqa: F401
    finally:
        os.dup2(kept, 2)
        os.close(kept)
