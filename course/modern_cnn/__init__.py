"""Lecture 05, modern CNNs: from AlexNet to DenseNet, every family in its file."""

from course.modern_cnn.alexnet import alexnet, local_response_norm, two_tower_conv
from course.modern_cnn.arithmetic import (
    bottleneck_weights,
    densenet_channels,
    inception_parameters,
)
from course.modern_cnn.densenet import (
    dense_block,
    densenet121,
    densenet169,
    densenet201,
    densenet264,
    transition_block,
)
from course.modern_cnn.googlenet import (
    INCEPTION,
    googlenet,
    googlenet_with_auxiliary,
    inception_block,
)
from course.modern_cnn.gradients import gradient_norms, zero_init_residual
from course.modern_cnn.nin import nin
from course.modern_cnn.receptive_field import receptive_field, stacked_conv_params
from course.modern_cnn.resnet import (
    bottleneck_block,
    residual_block,
    resnet,
    resnet18,
    resnet34,
    resnet50,
    resnet101,
    resnet152,
)
from course.modern_cnn.resnet_cifar import (
    plain_cifar,
    preact_block,
    preact_bottleneck_block,
    resnet_cifar,
    resnet_v2_cifar,
)
from course.modern_cnn.vgg import vgg11, vgg13, vgg16, vgg19, vgg_block

__all__ = [
    "INCEPTION",
    "alexnet",
    "bottleneck_block",
    "bottleneck_weights",
    "dense_block",
    "densenet121",
    "densenet169",
    "densenet201",
    "densenet264",
    "densenet_channels",
    "googlenet",
    "googlenet_with_auxiliary",
    "gradient_norms",
    "inception_block",
    "inception_parameters",
    "local_response_norm",
    "nin",
    "plain_cifar",
    "preact_block",
    "preact_bottleneck_block",
    "receptive_field",
    "residual_block",
    "resnet",
    "resnet101",
    "resnet152",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet_cifar",
    "resnet_v2_cifar",
    "stacked_conv_params",
    "transition_block",
    "two_tower_conv",
    "vgg11",
    "vgg13",
    "vgg16",
    "vgg19",
    "vgg_block",
    "zero_init_residual",
]
