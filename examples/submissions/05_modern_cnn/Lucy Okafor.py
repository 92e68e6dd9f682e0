#!/usr/bin/env python
# coding: utf-8

# In[0]:


get_ipython().system('pip install -q keras')


# In[1]:


import keras
from keras import layers, ops
import numpy as np
from course.toolkit import InceptionWidths, answer, check


# In[2]:


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if np.min(size) < 1:
            raise ValueError(f"{name} must be at least 1, got {size}.")


def receptive_field(layers):
    field, jump = 1, 1  # jump: input pixels between two neighboring outputs
    for layer in layers:
        if len(layer) not in (2, 3):
            raise ValueError(
                "a layer must be (kernel, stride) or (kernel, stride, dilation), "
                f"got {layer}."
            )
        kernel, stride, dilation = (int(number) for number in (*layer, 1)[:3])
        _check_sizes(kernel=kernel, stride=stride, dilation=dilation)
        field += (kernel - 1) * dilation * jump
        jump *= stride
    return field


# In[3]:


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if np.min(size) < 1:
            raise ValueError(f"{name} must be at least 1, got {size}.")


def stacked_conv_params(kernel, depth, channels):
    _check_sizes(kernel=kernel, depth=depth, channels=channels)
    height, width = (int(side) for side in np.broadcast_to(kernel, 2))
    return height * width * int(channels) ** 2 * int(depth)


# In[4]:


def local_response_norm(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = np.asarray(x, dtype=float)
    if x.ndim != 3:
        raise ValueError(f"x must be an array (H, W, C), got the shape {x.shape}.")
    if size < 1 or size % 2 == 0:
        raise ValueError(f"size must be odd and at least 1, got {size}.")
    channels = x.shape[-1]
    squares = np.pad(x**2, ((0, 0), (0, 0), (size // 2, size // 2)))
    total = sum(squares[:, :, i : i + channels] for i in range(size))
    return x / (bias + alpha * total) ** beta


# In[5]:


def _check_feature_map(x):
    if len(x.shape) != 4:
        raise ValueError(
            f"x must be a tensor (N, H, W, C), got the shape {tuple(x.shape)}; "
            "a batch axis comes from keras.Input, a channel axis from layers.Reshape."
        )


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if np.min(size) < 1:
            raise ValueError(f"{name} must be at least 1, got {size}.")


def _join(name, part):
    """Name of a layer inside a block; None, Keras's own choice, in a nameless one."""
    return f"{name}_{part}" if name else None


def two_tower_conv(x, filters, kernel, *, stride=1, padding="same", name=None):
    _check_feature_map(x)
    _check_sizes(filters=filters, kernel=kernel, stride=stride)
    if x.shape[-1] % 2 or filters % 2:
        raise ValueError(
            "two towers need an even number of channels and of filters, "
            f"got {x.shape[-1]} channels and {filters} filters."
        )
    x = layers.Conv2D(
        filters,
        kernel,
        strides=stride,
        padding=padding,
        groups=2,
        name=_join(name, "conv"),
    )(x)
    return layers.ReLU(name=_join(name, "relu"))(x)


# In[6]:


def _check_feature_map(x):
    if len(x.shape) != 4:
        raise ValueError(
            f"x must be a tensor (N, H, W, C), got the shape {tuple(x.shape)}; "
            "a batch axis comes from keras.Input, a channel axis from layers.Reshape."
        )


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if np.min(size) < 1:
            raise ValueError(f"{name} must be at least 1, got {size}.")


def _join(name, part):
    """Name of a layer inside a block; None, Keras's own choice, in a nameless one."""
    return f"{name}_{part}" if name else None


def _conv_relu(x, filters, kernel_size, *, stride=1, padding="same", name=None):
    x = layers.Conv2D(
        filters, kernel_size, strides=stride, padding=padding, name=_join(name, "conv")
    )(x)
    return layers.ReLU(name=_join(name, "relu"))(x)


def vgg_block(x, filters, num_convs, *, name=None):
    _check_feature_map(x)
    _check_sizes(filters=filters, num_convs=num_convs)
    for i in range(num_convs):
        x = _conv_relu(x, filters, 3, name=_join(name, i + 1))
    return layers.MaxPooling2D(2, padding="same", name=_join(name, "pool"))(x)


# In[7]:


def _check_feature_map(x):
    if len(x.shape) != 4:
        raise ValueError(
            f"x must be a tensor (N, H, W, C), got the shape {tuple(x.shape)}; "
            "a batch axis comes from keras.Input, a channel axis from layers.Reshape."
        )


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if np.min(size) < 1:
            raise ValueError(f"{name} must be at least 1, got {size}.")


def _join(name, part):
    """Name of a layer inside a block; None, Keras's own choice, in a nameless one."""
    return f"{name}_{part}" if name else None


def _conv_relu(x, filters, kernel_size, *, stride=1, padding="same", name=None):
    x = layers.Conv2D(
        filters, kernel_size, strides=stride, padding=padding, name=_join(name, "conv")
    )(x)
    return layers.ReLU(name=_join(name, "relu"))(x)


def inception_block(x, widths, *, name=None):
    _check_feature_map(x)
    _check_sizes(**widths._asdict())
    conv1x1 = _conv_relu(x, widths.conv1x1, 1, name=_join(name, "1x1"))
    conv3x3 = _conv_relu(x, widths.reduce3x3, 1, name=_join(name, "3x3_reduce"))
    conv3x3 = _conv_relu(conv3x3, widths.conv3x3, 3, name=_join(name, "3x3"))
    conv5x5 = _conv_relu(x, widths.reduce5x5, 1, name=_join(name, "5x5_reduce"))
    conv5x5 = _conv_relu(conv5x5, widths.conv5x5, 5, name=_join(name, "5x5"))
    pool = layers.MaxPooling2D(3, strides=1, padding="same", name=_join(name, "pool"))(
        x
    )
    pool = _conv_relu(pool, widths.pool_proj, 1, name=_join(name, "pool_proj"))
    return layers.Concatenate(name=_join(name, "concat"))(
        [conv1x1, conv3x3, conv5x5, pool]
    )


# In[8]:


def _check_feature_map(x):
    if len(x.shape) != 4:
        raise ValueError(
            f"x must be a tensor (N, H, W, C), got the shape {tuple(x.shape)}; "
            "a batch axis comes from keras.Input, a channel axis from layers.Reshape."
        )


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if np.min(size) < 1:
            raise ValueError(f"{name} must be at least 1, got {size}.")


def _conv(x, filters, kernel_size, *, stride=1, name=None):
    """Convolve without a bias, which a batch normalization makes needless."""
    return layers.Conv2D(
        filters,
        kernel_size,
        strides=stride,
        padding="same",
        use_bias=False,
        name=name,
    )(x)


def _join(name, part):
    """Name of a layer inside a block; None, Keras's own choice, in a nameless one."""
    return f"{name}_{part}" if name else None


def _conv_bn(x, filters, kernel_size, *, stride=1, name=None):
    x = _conv(x, filters, kernel_size, stride=stride, name=_join(name, "conv"))
    return layers.BatchNormalization(name=_join(name, "bn"))(x)


def residual_block(x, filters, *, stride=1, name=None):
    _check_feature_map(x)
    _check_sizes(filters=filters, stride=stride)
    shortcut = x
    if stride != 1 or x.shape[-1] != filters:
        shortcut = _conv_bn(x, filters, 1, stride=stride, name=_join(name, "0"))
    x = _conv_bn(x, filters, 3, stride=stride, name=_join(name, "1"))
    x = layers.ReLU(name=_join(name, "1_relu"))(x)
    x = _conv_bn(x, filters, 3, name=_join(name, "2"))
    x = layers.Add(name=_join(name, "add"))([shortcut, x])
    return layers.ReLU(name=_join(name, "out"))(x)


# In[9]:


def _check_feature_map(x):
    if len(x.shape) != 4:
        raise ValueError(
            f"x must be a tensor (N, H, W, C), got the shape {tuple(x.shape)}; "
            "a batch axis comes from keras.Input, a channel axis from layers.Reshape."
        )


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if np.min(size) < 1:
            raise ValueError(f"{name} must be at least 1, got {size}.")


def _conv(x, filters, kernel_size, *, stride=1, name=None):
    """Convolve without a bias, which a batch normalization makes needless."""
    return layers.Conv2D(
        filters,
        kernel_size,
        strides=stride,
        padding="same",
        use_bias=False,
        name=name,
    )(x)


def _join(name, part):
    """Name of a layer inside a block; None, Keras's own choice, in a nameless one."""
    return f"{name}_{part}" if name else None


def _conv_bn(x, filters, kernel_size, *, stride=1, name=None):
    x = _conv(x, filters, kernel_size, stride=stride, name=_join(name, "conv"))
    return layers.BatchNormalization(name=_join(name, "bn"))(x)


def bottleneck_block(x, filters, *, stride=1, name=None):
    _check_feature_map(x)
    _check_sizes(filters=filters, stride=stride)
    shortcut = x
    if stride != 1 or x.shape[-1] != 4 * filters:
        shortcut = _conv_bn(x, 4 * filters, 1, stride=stride, name=_join(name, "0"))
    x = _conv_bn(x, filters, 1, name=_join(name, "1"))
    x = layers.ReLU(name=_join(name, "1_relu"))(x)
    x = _conv_bn(x, filters, 3, stride=stride, name=_join(name, "2"))
    x = layers.ReLU(name=_join(name, "2_relu"))(x)
    x = _conv_bn(x, 4 * filters, 1, name=_join(name, "3"))
    x = layers.Add(name=_join(name, "add"))([shortcut, x])
    return layers.ReLU(name=_join(name, "out"))(x)


# In[10]:


def _check_feature_map(x):
    if len(x.shape) != 4:
        raise ValueError(
            f"x must be a tensor (N, H, W, C), got the shape {tuple(x.shape)}; "
            "a batch axis comes from keras.Input, a channel axis from layers.Reshape."
        )


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if np.min(size) < 1:
            raise ValueError(f"{name} must be at least 1, got {size}.")


def _join(name, part):
    """Name of a layer inside a block; None, Keras's own choice, in a nameless one."""
    return f"{name}_{part}" if name else None


def _bn_relu(x, *, name=None):
    x = layers.BatchNormalization(name=_join(name, "bn"))(x)
    return layers.ReLU(name=_join(name, "relu"))(x)


def _conv(x, filters, kernel_size, *, stride=1, name=None):
    """Convolve without a bias, which a batch normalization makes needless."""
    return layers.Conv2D(
        filters,
        kernel_size,
        strides=stride,
        padding="same",
        use_bias=False,
        name=name,
    )(x)


def preact_block(x, filters, *, stride=1, name=None):
    _check_feature_map(x)
    _check_sizes(filters=filters, stride=stride)
    shortcut = x
    x = _bn_relu(x, name=_join(name, "1"))
    if stride != 1 or shortcut.shape[-1] != filters:
        shortcut = _conv(x, filters, 1, stride=stride, name=_join(name, "0_conv"))
    x = _conv(x, filters, 3, stride=stride, name=_join(name, "1_conv"))
    x = _bn_relu(x, name=_join(name, "2"))
    x = _conv(x, filters, 3, name=_join(name, "2_conv"))
    return layers.Add(name=_join(name, "add"))([shortcut, x])


# In[11]:


def _check_feature_map(x):
    if len(x.shape) != 4:
        raise ValueError(
            f"x must be a tensor (N, H, W, C), got the shape {tuple(x.shape)}; "
            "a batch axis comes from keras.Input, a channel axis from layers.Reshape."
        )


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if np.min(size) < 1:
            raise ValueError(f"{name} must be at least 1, got {size}.")


def _join(name, part):
    """Name of a layer inside a block; None, Keras's own choice, in a nameless one."""
    return f"{name}_{part}" if name else None


def _bn_relu(x, *, name=None):
    x = layers.BatchNormalization(name=_join(name, "bn"))(x)
    return layers.ReLU(name=_join(name, "relu"))(x)


def _conv(x, filters, kernel_size, *, stride=1, name=None):
    """Convolve without a bias, which a batch normalization makes needless."""
    return layers.Conv2D(
        filters,
        kernel_size,
        strides=stride,
        padding="same",
        use_bias=False,
        name=name,
    )(x)


def dense_block(x, num_layers, growth_rate, *, name=None):
    _check_feature_map(x)
    _check_sizes(num_layers=num_layers, growth_rate=growth_rate)
    for i in range(num_layers):
        layer = _join(name, f"layer{i + 1}")
        new = _bn_relu(x, name=_join(layer, "1"))
        new = _conv(new, 4 * growth_rate, 1, name=_join(layer, "1_conv"))
        new = _bn_relu(new, name=_join(layer, "2"))
        new = _conv(new, growth_rate, 3, name=_join(layer, "2_conv"))
        x = layers.Concatenate(name=_join(layer, "concat"))([x, new])
    return x


# In[12]:


def _check_feature_map(x):
    if len(x.shape) != 4:
        raise ValueError(
            f"x must be a tensor (N, H, W, C), got the shape {tuple(x.shape)}; "
            "a batch axis comes from keras.Input, a channel axis from layers.Reshape."
        )


def _join(name, part):
    """Name of a layer inside a block; None, Keras's own choice, in a nameless one."""
    return f"{name}_{part}" if name else None


def _bn_relu(x, *, name=None):
    x = layers.BatchNormalization(name=_join(name, "bn"))(x)
    return layers.ReLU(name=_join(name, "relu"))(x)


def _conv(x, filters, kernel_size, *, stride=1, name=None):
    """Convolve without a bias, which a batch normalization makes needless."""
    return layers.Conv2D(
        filters,
        kernel_size,
        strides=stride,
        padding="same",
        use_bias=False,
        name=name,
    )(x)


def transition_block(x, *, compression=0.5, name=None):
    _check_feature_map(x)
    filters = int(x.shape[-1] * compression)
    if not 0 < compression <= 1 or filters < 1:
        raise ValueError(
            "compression must be above 0 and at most 1, and leave a channel; "
            f"got {compression} for {x.shape[-1]} channels."
        )
    x = _bn_relu(x, name=name)
    x = _conv(x, filters, 1, name=_join(name, "conv"))
    return layers.AveragePooling2D(2, padding="same", name=_join(name, "pool"))(x)


# In[13]:


def _check_input_shape(input_shape):
    sizes = [1 if size is None else size for size in input_shape]  # None: any size
    if len(sizes) != 3 or min(sizes) < 1:
        raise ValueError(
            "input_shape must be (H, W, C) of one image, each at least 1 and no batch "
            f"axis among them, such as (224, 224, 3); got {tuple(input_shape)}."
        )


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if np.min(size) < 1:
            raise ValueError(f"{name} must be at least 1, got {size}.")


def _conv(x, filters, kernel_size, *, stride=1, name=None):
    """Convolve without a bias, which a batch normalization makes needless."""
    return layers.Conv2D(
        filters,
        kernel_size,
        strides=stride,
        padding="same",
        use_bias=False,
        name=name,
    )(x)


def _join(name, part):
    """Name of a layer inside a block; None, Keras's own choice, in a nameless one."""
    return f"{name}_{part}" if name else None


def _conv_bn(x, filters, kernel_size, *, stride=1, name=None):
    x = _conv(x, filters, kernel_size, stride=stride, name=_join(name, "conv"))
    return layers.BatchNormalization(name=_join(name, "bn"))(x)


def resnet(depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)):
    if len(depths) == 0:
        raise ValueError(f"depths must hold at least one stage, got {depths}.")
    _check_input_shape(input_shape)
    _check_sizes(depths=depths, filters=filters, num_classes=num_classes)
    image = keras.Input(input_shape, name="image")
    x = _conv_bn(image, filters, 7, stride=2, name="conv1")
    x = layers.ReLU(name="conv1_relu")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    for stage, depth in enumerate(depths):
        for i in range(depth):
            stride = 2 if stage > 0 and i == 0 else 1
            name = f"conv{stage + 2}_block{i + 1}"
            x = bottleneck_block(x, filters * 2**stage, stride=stride, name=name)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dense(num_classes, activation="softmax", name="predictions")(x)
    return keras.Model(image, x, name="resnet")


# In[14]:


def gradient_norms(model, x, y):
    import tensorflow as tf  # Keras itself has no gradient tape

    if len(x) != len(y) or len(x) == 0:
        raise ValueError(
            f"every image needs one label, got {len(x)} images and {len(y)} labels."
        )
    convs = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    kernels = [conv.kernel.value for conv in convs]
    with tf.GradientTape() as tape:
        tape.watch(kernels)  # a frozen layer has a gradient too
        probabilities = model(np.asarray(x, dtype="float32"), training=False)
        loss = ops.mean(
            keras.losses.sparse_categorical_crossentropy(np.asarray(y), probabilities)
        )
    gradients = tape.gradient(loss, kernels)
    return {
        conv.name: float(np.linalg.norm(gradient))
        for conv, gradient in zip(convs, gradients, strict=True)
    }


# In[15]:


def _path_back(tensor, producer):
    """Follow a tensor back to the first layer with no source or several."""
    path = []
    while not isinstance(tensor, list):
        if id(tensor) not in producer:
            raise ValueError(
                "the model is not flat: build it from layers, without a model inside."
            )
        path.append(producer[id(tensor)])
        tensor = path[-1].input
    return path


def _residual_branch(add, producer):
    """Find the longer of the two paths into an Add, as layers, the last one first."""
    if len(add.input) != 2:
        raise ValueError(f"{add.name!r} adds {len(add.input)} tensors, not two.")
    first, second = (_path_back(tensor, producer) for tensor in add.input)
    parting = next((layer for layer in first if layer in second), None)
    if parting is None or first.index(parting) == second.index(parting):
        raise ValueError(
            f"the two paths into {add.name!r} never part or are equally long, "
            "so neither is the shortcut."
        )
    return max(first, second, key=lambda path: path.index(parting))


def zero_init_residual(model):
    producer = {id(op.output): op for op in model.operations}
    for add in model.layers:
        if isinstance(add, layers.Add):
            end = _residual_branch(add, producer)[0]
            if not isinstance(end, (layers.BatchNormalization, layers.Conv2D)):
                raise ValueError(
                    f"the residual branch of {add.name!r} ends in {end.name!r}, "
                    "which is neither a convolution nor a BatchNormalization."
                )
            for weight in end.trainable_weights:
                weight.assign(ops.zeros_like(weight))


# In[16]:


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if np.min(size) < 1:
            raise ValueError(f"{name} must be at least 1, got {size}.")


def inception_parameters(channels, widths):
    _check_sizes(channels=channels, **widths._asdict())
    convolutions = (
        (1, channels, widths.conv1x1),
        (1, channels, widths.reduce3x3),
        (3, widths.reduce3x3, widths.conv3x3),
        (1, channels, widths.reduce5x5),
        (5, widths.reduce5x5, widths.conv5x5),
        (1, channels, widths.pool_proj),
    )
    return sum(
        (side**2 * int(inputs) + 1) * int(outputs)
        for side, inputs, outputs in convolutions
    )


# In[17]:


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if np.min(size) < 1:
            raise ValueError(f"{name} must be at least 1, got {size}.")


def bottleneck_weights(channels, filters):
    _check_sizes(channels=channels, filters=filters)
    channels, filters = int(channels), int(filters)
    wide = 4 * filters
    weights = channels * filters + 9 * filters**2 + filters * wide
    if channels != wide:
        weights += channels * wide
    return weights


# In[18]:


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if np.min(size) < 1:
            raise ValueError(f"{name} must be at least 1, got {size}.")


def densenet_channels(channels, depths, growth_rate, *, compression=0.5):
    if len(depths) == 0 or not 0 < compression <= 1:
        raise ValueError(
            "depths must not be empty, and compression must be above 0 and at most 1; "
            f"got {depths} and {compression}."
        )
    _check_sizes(channels=channels, depths=depths, growth_rate=growth_rate)
    channels = int(channels)
    for block, num_layers in enumerate(depths):
        if block > 0:
            channels = int(channels * compression)
            if channels < 1:
                raise ValueError(
                    f"compression must leave a channel; {compression} leaves none "
                    f"for block {block + 1}."
                )
        channels += int(num_layers) * int(growth_rate)
    return channels


