"""Fails with one line unless TensorFlow sees a GPU."""

import sys

import tensorflow as tf

gpus = tf.config.list_physical_devices("GPU")
if not gpus:
    sys.exit(
        f"No GPU: TensorFlow {tf.__version__} sees only "
        f"{', '.join(d.name for d in tf.config.list_physical_devices())}. Use a "
        "machine with an NVIDIA driver, and install the extra: pip install '.[gpu]'."
    )
print(f"TensorFlow {tf.__version__} sees {', '.join(gpu.name for gpu in gpus)}")
