"""The training loop of the labs learns, repeats itself, and refuses what it cannot."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def data():
    from course.toolkit import digits

    return digits()


def small_net(seed=0):
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    image = keras.Input((8, 8, 1))
    x = layers.Conv2D(8, 3, padding="same", use_bias=False)(image)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Flatten()(x)
    return keras.Model(image, layers.Dense(10, activation="softmax")(x))


def test_a_small_net_learns_the_digits_without_a_word(data, capsys):
    from course.toolkit import accuracy, train

    model = small_net()
    before = accuracy(model, data.x_test, data.y_test)
    losses = train(model, data.x_train, data.y_train, epochs=5, optimizer="adam")
    assert len(losses) == 5 and losses[-1] < losses[0] / 2
    assert before < 0.4 and accuracy(model, data.x_test, data.y_test) > 0.9
    assert capsys.readouterr().out == ""


def test_the_same_seed_gives_the_same_training(data):
    from course.toolkit import train

    x, y = data.x_train[:256], data.y_train[:256]
    first, second = (train(small_net(1), x, y, epochs=2) for _ in range(2))
    np.testing.assert_allclose(first, second, rtol=1e-5)
    assert first != train(small_net(1), x, y, epochs=2, seed=1)


def test_accuracy_counts_the_pictures_named_rightly():
    from course.toolkit import accuracy

    def model(x, training):
        assert training is False
        return x[:, 0, 0]

    x = np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]]).reshape(4, 1, 1, 2)
    assert accuracy(model, x, [1, 0, 0, 0]) == 0.75


def test_too_few_pictures_are_an_error(data):
    from course.toolkit import train

    with pytest.raises(ValueError, match="10 pictures and 10 labels.*batch of 64"):
        train(small_net(), data.x_train[:10], data.y_train[:10], epochs=1)
    with pytest.raises(ValueError, match="100 pictures and 99 labels"):
        train(small_net(), data.x_train[:100], data.y_train[:99], epochs=1)
