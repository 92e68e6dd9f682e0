"""A whole residual network."""

from course.checks.probe import Probe
from course.exercises.exercise import Exercise, mistakes


def _resnet(rng):
    filters, classes = int(rng.integers(4, 6)), int(rng.integers(3, 7))
    # The map that the second stage halves is 10 x 10.
    options = dict(filters=filters, num_classes=classes, input_shape=(40, 37, 3))
    note = "even height, odd width; four stages"
    # Large inputs show a ReLU with a ceiling; under small ones the offsets of the
    # stem's BN decide what its ReLU cuts.
    large = {"batch": 8, "scale": 5.0}
    # In a stage of three, blocks that share their weights show.
    yield Probe(((2, 3, 1, 1),), options, note=note, options=large)
    options = dict(input_shape=(27, 34, 1))
    note, little = "one stage, one channel", {"batch": 4, "scale": 0.5}
    yield Probe(([1],), options, note=note, options=little)
    options, note = dict(filters=4, num_classes=3), "one image of the usual size"
    single = {"batch": 1, "scale": 0.1, "input_shape": (224, 224, 3)}
    yield Probe(((1,),), options, note=note, options=single)
    small = dict(filters=4, num_classes=3, input_shape=(32, 32, 3))
    yield Probe(((),), small, claim="errors", note="no stage")
    for number in (0, -2):
        yield Probe(((1, number),), small, claim="errors")
        yield Probe(((1,),), {**small, "filters": number}, claim="errors")
        yield Probe(((1,),), {**small, "num_classes": number}, claim="errors")
    for shape in ((32, 32), (4, 32, 32, 3)):
        yield Probe(((1,),), {**small, "input_shape": shape}, claim="errors")


_MISTAKES = mistakes("""
strides in every stage, the first included
    stride = 2 if stage > 0 and i == 0 else 1  =>  stride = 2 if i == 0 else 1
    When the first stage begins, the stem has halved the image twice. Which stages are
    still to halve the map, and which do in your network?

strides in every block of the later stages
    stride = 2 if stage > 0 and i == 0 else 1  =>  stride = 2 if stage > 0 else 1
    Each later stage halves the map once. How often does yours, when it has three
    blocks?

never strides in the stages
    stride = 2 if stage > 0 and i == 0 else 1  =>  stride = 1
    Each later stage works on a map half as large. Which block halves it?

does not double the filters
    filters * 2**stage  =>  filters
    From stage to stage the map is halved. What happens to the number of channels
    meanwhile?

adds filters stage by stage instead of doubling them
    filters * 2**stage  =>  filters * (stage + 1)
    How many filters has your third stage, compared with the first? And how often are
    they to have doubled by then?

forgets the pool of the stem
    -    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    Between the 7x7 convolution and the first stage, the map is to be halved once more.
    By what?

forgets the ReLU of the stem
    -    x = layers.ReLU(name="conv1_relu")(x)
    The stem is a convolution, a BN, and then?

pads the stem with ZeroPadding2D
    -    x = _conv_bn(image, filters, 7, stride=2, name="conv1")
    +    x = layers.ZeroPadding2D(3)(image)
    +    x = layers.Conv2D(filters, 7, strides=2, use_bias=False)(x)
    +    x = layers.BatchNormalization()(x)
    At stride 2 this is right along odd sides and off along even ones. Where does the
    first convolution of your stem put its first window there? Draw it for a row of 8
    pixels, and again with the padding of the docstring.

returns logits
    activation="softmax"  =>  activation=None
    The rows of your output do not sum to 1: what turns scores into probabilities?

flattens instead of pooling globally
    layers.GlobalAveragePooling2D(name="avg_pool")  =>  layers.Flatten()
    How many numbers per channel is the dense layer to see, and how many does yours?

pools the maximum at the end
    layers.GlobalAveragePooling2D(  =>  layers.GlobalMaxPooling2D(
    Look at the head again: what is the last pool to take of each channel's map?

pools the average in the stem
    -    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    +    x = layers.AveragePooling2D(3, strides=2, padding="same")(x)
    Look at the stem again: what does its pool keep of nine values?

uses a 3x3 convolution as stem
    _conv_bn(image, filters, 7,  =>  _conv_bn(image, filters, 3,
    Which kernel is the very first convolution to have?
""")

RESNET = Exercise(
    "modern_cnn.resnet",
    points=12,
    observer="model",
    probes=_resnet,
    needs=("bottleneck_block",),
    mistakes=_MISTAKES,
)
