"""The exercises of lecture 05."""

from course.exercises.exercise import gather

# In the order of the lab.
ORDER = (
    "receptive_field",
    "stacked_conv_params",
    "local_response_norm",
    "two_tower_conv",
    "vgg_block",
    "inception_block",
    "residual_block",
    "bottleneck_block",
    "preact_block",
    "dense_block",
    "transition_block",
    "resnet",
    "gradient_norms",
    "zero_init_residual",
    "inception_parameters",
    "bottleneck_weights",
    "densenet_channels",
)
EXERCISES = gather(__name__, ORDER)
