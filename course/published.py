"""What the papers say about their networks, and what an exact count gives.

The one home of such numbers: tests, checks, notes and the command line read it here.
"""

from dataclasses import dataclass

from course.language import deferred


@dataclass(frozen=True)
class Paper:
    """Where a network was described."""

    title: str
    authors: str
    year: int
    url: str


@dataclass(frozen=True)
class Published:
    """One network of the lectures.

    Attributes:
        parameters: trainable, with 1000 classes and the builder's own input size.
            Exact, from the rows of the paper's table; papers print rounded numbers.
        depth: weighted layers on the longest path, as the papers count them.
        paper: where it was described.
        place: table, figure or section of the paper that gives the rows.
        oracle: what else the count can be checked against.
        multiply_adds: of one image, as a paper prints them, or None.
        note: where the builder departs from the paper's numbers, and why.
    """

    parameters: int
    depth: int
    paper: Paper
    place: str
    oracle: str
    multiply_adds: float | None = None
    note: str = ""


@dataclass(frozen=True)
class PublishedDepth:
    """A network of a family by depth, whose parameters a paper prints rounded.

    Attributes:
        builder: its name.
        depth: argument of the builder.
        millions: parameters in millions, as text: its last digit is the precision.
        parameters: trainable, of the builder.
        paper: that prints the number.
        place: table of that paper.
        note: why the two differ, where they do.
    """

    builder: str
    depth: int
    millions: str
    parameters: int
    paper: Paper
    place: str
    note: str = ""


ALEXNET = Paper(
    "ImageNet Classification with Deep Convolutional Neural Networks",
    "Krizhevsky, Sutskever, Hinton",
    2012,
    "https://papers.nips.cc/paper/4824",
)
NIN = Paper(
    "Network In Network", "Lin, Chen, Yan", 2013, "https://arxiv.org/abs/1312.4400"
)
VGG = Paper(
    "Very Deep Convolutional Networks for Large-Scale Image Recognition",
    "Simonyan, Zisserman",
    2014,
    "https://arxiv.org/abs/1409.1556",
)
GOOGLENET = Paper(
    "Going Deeper with Convolutions",
    "Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke, Rabinovich",
    2014,
    "https://arxiv.org/abs/1409.4842",
)
RESNET = Paper(
    "Deep Residual Learning for Image Recognition",
    "He, Zhang, Ren, Sun",
    2015,
    "https://arxiv.org/abs/1512.03385",
)
IDENTITY = Paper(
    "Identity Mappings in Deep Residual Networks",
    "He, Zhang, Ren, Sun",
    2016,
    "https://arxiv.org/abs/1603.05027",
)
DENSENET = Paper(
    "Densely Connected Convolutional Networks",
    "Huang, Liu, van der Maaten, Weinberger",
    2016,
    "https://arxiv.org/abs/1608.06993",
)

_BY_HAND = "the sum over the rows of the table, by hand"
_STRIDE_3X3 = deferred("the 3x3 convolution strides here, the first 1x1 in the paper")

PUBLISHED = {
    "alexnet": Published(60_965_224, 8, ALEXNET, "figure 2", _BY_HAND),
    "vgg11": Published(132_863_336, 11, VGG, "table 1, A", "torchvision vgg11"),
    "vgg13": Published(133_047_848, 13, VGG, "table 1, B", "torchvision vgg13"),
    "vgg16": Published(
        138_357_544,
        16,
        VGG,
        "table 1, D",
        "keras.applications.VGG16",
        multiply_adds=15.3e9,
        note=deferred(
            "multiply-adds from He et al. 2015, section 4.1; convolutions only"
        ),
    ),
    "vgg19": Published(
        143_667_240,
        19,
        VGG,
        "table 1, E",
        "keras.applications.VGG19",
        multiply_adds=19.6e9,
        note=deferred(
            "multiply-adds from He et al. 2015, section 3.3; convolutions only"
        ),
    ),
    "nin": Published(
        7_595_176,
        12,
        NIN,
        "figure 2",
        _BY_HAND,
        note=deferred(
            "the paper leaves the widths open; these are its authors' Caffe model's"
        ),
    ),
    "googlenet": Published(
        6_998_552,
        22,
        GOOGLENET,
        "table 1",
        _BY_HAND,
        multiply_adds=1.5e9,
        note=deferred(
            "table 1 counts weights without biases, in K of 1024: the 114,688 of conv2 "
            "are its 112K. Its operations agree with those here to a million, but for "
            "two rows. One is conv1, printed with 2.7K and 34M, where 7 * 7 * 3 * 64 = "
            "9,408 weights at 112 * 112 places are 118M; that is why 1.5 G are printed "
            "and 1.58 G counted. The other is inception_5a, printed with 1072K and 54M "
            "where its widths give 1018K and 51M. Its weights agree within 2 %, but "
            "for these two rows and inception_4c: 463K are printed, and 498K follow "
            "from its widths and its 100M"
        ),
    ),
    "googlenet_with_auxiliary": Published(
        13_378_280, 22, GOOGLENET, "table 1 and section 5", _BY_HAND
    ),
    "resnet18": Published(
        11_689_512,
        18,
        RESNET,
        "table 1",
        "torchvision resnet18",
        multiply_adds=1.8e9,
    ),
    "resnet34": Published(
        21_797_672,
        34,
        RESNET,
        "table 1",
        "torchvision resnet34",
        multiply_adds=3.6e9,
    ),
    "resnet50": Published(
        25_557_032,
        50,
        RESNET,
        "table 1",
        "torchvision resnet50",
        multiply_adds=3.8e9,
        note=_STRIDE_3X3,
    ),
    "resnet101": Published(
        44_549_160,
        101,
        RESNET,
        "table 1",
        "torchvision resnet101",
        multiply_adds=7.6e9,
        note=_STRIDE_3X3,
    ),
    "resnet152": Published(
        60_192_808,
        152,
        RESNET,
        "table 1",
        "torchvision resnet152",
        multiply_adds=11.3e9,
        note=_STRIDE_3X3,
    ),
    "densenet121": Published(
        7_978_856, 121, DENSENET, "table 1", "keras.applications.DenseNet121"
    ),
    "densenet169": Published(
        14_149_480, 169, DENSENET, "table 1", "keras.applications.DenseNet169"
    ),
    "densenet201": Published(
        20_013_928, 201, DENSENET, "table 1", "keras.applications.DenseNet201"
    ),
    "densenet264": Published(
        33_337_704,
        265,
        DENSENET,
        "table 1",
        _BY_HAND,
        note=deferred(
            "the rows of the table add up to 265 layers, one more than the name says"
        ),
    ),
}

_OPTION_A = "the paper pads shortcuts with zeros; ours project, which costs 2,752 more"
_V2_COUNT = "the network that the paper describes has 1.3 % more than it prints"

BY_DEPTH = (
    PublishedDepth("plain_cifar", 20, "0.27", 269_722, RESNET, "section 4.2"),
    PublishedDepth("plain_cifar", 56, "0.85", 853_018, RESNET, "section 4.2"),
    PublishedDepth("resnet_cifar", 20, "0.27", 272_474, RESNET, "table 6", _OPTION_A),
    PublishedDepth("resnet_cifar", 32, "0.46", 466_906, RESNET, "table 6", _OPTION_A),
    PublishedDepth("resnet_cifar", 44, "0.66", 661_338, RESNET, "table 6", _OPTION_A),
    PublishedDepth("resnet_cifar", 56, "0.85", 855_770, RESNET, "table 6", _OPTION_A),
    PublishedDepth("resnet_cifar", 110, "1.7", 1_730_714, RESNET, "table 6", _OPTION_A),
    PublishedDepth(
        "resnet_cifar", 1202, "19.4", 19_424_026, RESNET, "table 6", _OPTION_A
    ),
    PublishedDepth("resnet_v2_cifar", 164, "1.7", 1_703_258, IDENTITY, "table 4"),
    PublishedDepth(
        "resnet_v2_cifar", 1001, "10.2", 10_327_706, IDENTITY, "table 4", _V2_COUNT
    ),
)
