"""The exercises of lecture 05, in the order of the lab."""

from course.exercises.modern_cnn.alexnet import LOCAL_RESPONSE_NORM, TWO_TOWER_CONV
from course.exercises.modern_cnn.arithmetic import RECEPTIVE_FIELD, STACKED_CONV_PARAMS
from course.exercises.modern_cnn.dense import DENSE_BLOCK, TRANSITION_BLOCK
from course.exercises.modern_cnn.inception import INCEPTION_BLOCK
from course.exercises.modern_cnn.networks import (
    GRADIENT_NORMS,
    RESNET,
    ZERO_INIT_RESIDUAL,
)
from course.exercises.modern_cnn.residual import (
    BOTTLENECK_BLOCK,
    PREACT_BLOCK,
    RESIDUAL_BLOCK,
)
from course.exercises.modern_cnn.vgg import VGG_BLOCK

EXERCISES = {
    exercise.name: exercise
    for exercise in (
        RECEPTIVE_FIELD,
        STACKED_CONV_PARAMS,
        LOCAL_RESPONSE_NORM,
        TWO_TOWER_CONV,
        VGG_BLOCK,
        INCEPTION_BLOCK,
        RESIDUAL_BLOCK,
        BOTTLENECK_BLOCK,
        PREACT_BLOCK,
        DENSE_BLOCK,
        TRANSITION_BLOCK,
        RESNET,
        GRADIENT_NORMS,
        ZERO_INIT_RESIDUAL,
    )
}
