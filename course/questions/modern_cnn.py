"""The questions of lecture 05, in the order of the lab.

The numbers come from the papers and from counting; tests count them again.
"""

from course.language import deferred
from course.questions.question import Option, Question

MANY_CHANNELS = Question(
    "modern_cnn.many_channels",
    deferred(
        "A convolution has 64 kernels, so that 64 channels come out. What are so many "
        "channels for?"
    ),
    (
        Option(
            deferred("The mean over the channels is less sensitive to noise."),
            deferred(
                "Nothing takes their mean: each kernel fills a channel of its own, and "
                "the next layer weighs the channels with numbers that it learns."
            ),
        ),
        Option(
            deferred("Each kernel covers one part of the image, together all of it."),
            deferred("One kernel covers it alone, for it is moved over every place."),
        ),
        Option(
            deferred("At every place, several patterns can be looked for at once."),
            deferred(
                "A kernel answers to one pattern, wherever that occurs, and fills one "
                "channel. Edges, corners and colors at one place take several."
            ),
            right=True,
        ),
        Option(
            deferred("With more kernels, the receptive field of an output grows."),
            deferred(
                "What an output sees follows from the sides, strides and dilations of "
                "the kernels on its way, not from how many there are."
            ),
        ),
    ),
)

RELU = Question(
    "modern_cnn.relu",
    deferred(
        "Before any training, the gradient at the first of sixteen convolutions is "
        "almost 0 with the sigmoid and not with ReLU. Why?"
    ),
    (
        Option(
            deferred("A sigmoid gives at most 1, so the loss at the end is small."),
            deferred(
                "The loss is taken behind the softmax. Before training it is about "
                "that of a guess, with the one as with the other."
            ),
        ),
        Option(
            deferred("Each sigmoid multiplies by at most 1/4 on the way back."),
            deferred(
                "That is its steepest slope. Sixteen such factors leave less than one "
                "part in four billion, unless the weights make up for it; the slope of "
                "ReLU is 1 wherever its input is positive."
            ),
            right=True,
        ),
        Option(
            deferred("ReLU lets values grow, and at large values it is steeper."),
            deferred(
                "A large value does not make for a steep slope: ReLU's is the same at "
                "1 as at 1,000."
            ),
        ),
        Option(
            deferred("A sigmoid is flat for negative inputs, ReLU is not."),
            deferred("It is ReLU that is flat there; a sigmoid slopes everywhere."),
        ),
    ),
)

OVERLAPPING_POOLING = Question(
    "modern_cnn.overlapping_pooling",
    deferred(
        "AlexNet's pools take the largest of 3x3 values and move by 2, so their "
        "windows overlap. What is different from windows of 2x2 that move by 2?"
    ),
    (
        Option(
            deferred("Nothing is skipped; between windows of 2x2, values are lost."),
            deferred("Windows of 2x2 that move by 2 touch: each value is in one."),
        ),
        Option(
            deferred("The map gets larger, since neighboring windows share values."),
            deferred(
                "The stride decides how many windows there are: a map of 55x55 becomes "
                "one of 27x27 either way."
            ),
        ),
        Option(
            deferred("The pool learns how much each of the shared values counts."),
            deferred("A max pool has no weights, whether its windows overlap or not."),
        ),
        Option(
            deferred("The map is as large, and the paper found a little less error."),
            deferred(
                "It reports a top-1 error that is lower by 0.4 percentage points, and "
                "that such models overfit a little less."
            ),
            right=True,
        ),
    ),
)

TWO_TOWERS = Question(
    "modern_cnn.two_towers",
    deferred("Why is AlexNet split into two towers, each with half of the channels?"),
    (
        Option(
            deferred("Two networks, trained apart, err less when they are averaged."),
            deferred(
                "It is one network, trained as one: its third convolution and its "
                "dense layers read both towers."
            ),
        ),
        Option(
            deferred("One tower was to look at shapes and the other at colors."),
            deferred(
                "The first kernels of one did turn out gray and those of the other in "
                "color, but that was seen after training. Nobody had planned it."
            ),
        ),
        Option(
            deferred("It did not fit into the memory of one graphics card."),
            deferred(
                "A card had 3 GB. That three of the five convolutions read their own "
                "tower only saves copying between the two cards."
            ),
            right=True,
        ),
        Option(
            deferred("Grouped convolutions were known to classify better."),
            deferred(
                "They have half of the weights, but the paper compares its network "
                "with a narrower one on one card, not with a whole one as wide."
            ),
        ),
    ),
)

SMALL_KERNELS = Question(
    "modern_cnn.small_kernels",
    deferred(
        "VGG puts two 3x3 convolutions, each with its ReLU, where one of 5x5 could "
        "stand; c channels go in and c come out. What is gained? Choose all that hold."
    ),
    (
        Option(
            deferred("A wider view: 7x7 pixels instead of 5x5."),
            deferred(
                "Each 3x3 adds one pixel on every side to what is seen. Start from one "
                "pixel and count."
            ),
        ),
        Option(
            deferred("Fewer weights: 18c² instead of 25c²."),
            deferred(
                "A kernel of 3x3 has 9 places for each of the c² pairs of channels, "
                "and there are two; one of 5x5 has 25."
            ),
            right=True,
        ),
        Option(
            deferred("Less memory: smaller maps to keep for the gradient."),
            deferred(
                "With padding, the maps are as large as before, and there is one more "
                "to keep: the one between the two."
            ),
        ),
        Option(
            deferred("One more non-linearity: the ReLU between the two."),
            deferred(
                "Without it, the two together would be a linear map of 5x5 pixels, "
                "which one 5x5 convolution computes as well."
            ),
            right=True,
        ),
    ),
    several=True,
)

REDUCTION = Question(
    "modern_cnn.reduction",
    deferred(
        "In an inception block, 1x1 convolutions stand before the 3x3 and the 5x5. "
        "What are they for?"
    ),
    (
        Option(
            deferred("The large kernels get fewer channels to read and cost less."),
            deferred(
                "In GoogLeNet's first block the 5x5 reads 16 channels instead of 192. "
                "With the 1x1 that takes 15,872 weights, without it 153,600."
            ),
            right=True,
        ),
        Option(
            deferred("The large kernels get a smaller map to go over and cost less."),
            deferred("At stride 1, a 1x1 convolution leaves height and width alone."),
        ),
        Option(
            deferred("A concatenation needs branches of equally many channels."),
            deferred(
                "A concatenation needs the same height and width only: the branches "
                "of GoogLeNet's first block bring 64, 128, 32 and 32 channels."
            ),
        ),
        Option(
            deferred("The branches see one pixel farther on every side."),
            deferred("A 1x1 kernel reads a single place, and so sees no farther."),
        ),
    ),
)

DEGRADATION = Question(
    "modern_cnn.degradation",
    deferred(
        "A plain network of 56 layers has a higher test error than one of 20, and a "
        "higher training error too. What does that show?"
    ),
    (
        Option(
            deferred("It overfits: it has too many weights for so few images."),
            deferred(
                "A network that overfits does well on the images it was trained with. "
                "This one does worse on those as well."
            ),
        ),
        Option(
            deferred("Training does not find weights that are known to exist."),
            deferred(
                "Take the 20 layers and put 36 behind them that pass on what they get: "
                "the error is as low. That training misses this is degradation."
            ),
            right=True,
        ),
        Option(
            deferred("It underfits: among 56 layers, each can represent less."),
            deferred(
                "The others take nothing from a layer: all that 20 layers can "
                "represent, 56 can represent as well."
            ),
        ),
        Option(
            deferred("Its gradients vanish for want of batch normalization."),
            deferred(
                "The plain networks of the paper have it, and their gradients were "
                "looked at and found healthy. They train worse all the same."
            ),
        ),
    ),
)

SKIP_GRADIENT = Question(
    "modern_cnn.skip_gradient",
    deferred(
        "A block puts out F(x) + x. How does the + x help against vanishing gradients?"
    ),
    (
        Option(
            deferred("A learned factor strengthens the gradient where it is small."),
            deferred("This shortcut has no weights, so it can learn no factor."),
        ),
        Option(
            deferred("Blocks with small gradients are left out of the training."),
            deferred("No block is left out: F is computed and trained in every step."),
        ),
        Option(
            deferred("F(x) is kept small, and small values have safe gradients."),
            deferred(
                "Nothing forces F to be small, and a branch that puts out little "
                "passes no more back for it."
            ),
        ),
        Option(
            deferred("The gradient has a way around F that makes it no smaller."),
            deferred(
                "The derivative of F(x) + x with respect to x is that of F plus 1: "
                "through the 1, what arrives behind the block arrives before it too."
            ),
            right=True,
        ),
    ),
)

BOTTLENECK = Question(
    "modern_cnn.bottleneck",
    deferred(
        "A bottleneck block goes from 4c channels down to c, convolves 3x3, and goes "
        "up to 4c again. What does that buy, against two 3x3 convolutions of c "
        "channels?"
    ),
    (
        Option(
            deferred("Four times the channels, for about as many weights."),
            deferred(
                "4c·c + 9c² + c·4c = 17c², against 2·9c² = 18c². At 4c channels, two "
                "3x3 convolutions would have 288c²."
            ),
            right=True,
        ),
        Option(
            deferred("A quarter of the weights, since the 3x3 is narrow."),
            deferred(
                "The 3x3 alone has 9c² weights, which is half of 18c² and not a "
                "quarter, and the two of 1x1 come on top."
            ),
        ),
        Option(
            deferred("A wider view, since three convolutions see farther."),
            deferred(
                "Those of 1x1 see no farther: the block sees 3x3 pixels, and two "
                "convolutions of 3x3 see 5x5."
            ),
        ),
        Option(
            deferred("Fewer weights, since the shortcut takes some channels."),
            deferred(
                "The shortcut takes all 4c channels past the branch, and the branch "
                "reads all 4c too."
            ),
        ),
    ),
)

CONCATENATION = Question(
    "modern_cnn.concatenation",
    deferred(
        "64 channels go into ten residual blocks of 64 filters, and 64 into a dense "
        "block of ten layers with growth rate 32. How many come out of each?"
    ),
    (
        Option(
            deferred("64 and 65,536: what is put side by side doubles each time."),
            deferred(
                "It would if a layer made as many channels as it reads. How many does "
                "the growth rate let it make?"
            ),
        ),
        Option(
            deferred("384 and 384: both keep what each of the layers found."),
            deferred("An addition goes channel by channel: it makes no new ones."),
        ),
        Option(
            deferred("64 and 384: a sum is as wide as its parts, a stack grows."),
            deferred(
                "Ten layers put 32 channels each on top of the 64. All of them stay "
                "readable as they were, until a transition thins them out."
            ),
            right=True,
        ),
        Option(
            deferred("64 and 320: ten layers of the growth rate come out."),
            deferred("The input is not used up: it stays part of the stack."),
        ),
    ),
)

QUESTIONS = {
    question.name: question
    for question in (
        MANY_CHANNELS,
        RELU,
        OVERLAPPING_POOLING,
        TWO_TOWERS,
        SMALL_KERNELS,
        REDUCTION,
        DEGRADATION,
        SKIP_GRADIENT,
        BOTTLENECK,
        CONCATENATION,
    )
}
