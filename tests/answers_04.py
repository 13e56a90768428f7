"""Right and wrong answers to the checked exercises of chapter 4."""

import numpy as np


def resting_share(rate, batch):
    """Of each example, the unit below, the unit above or both may be dropped."""
    return (2 * rate * (1 - rate) + rate**2) ** batch


class Layer:
    """Dropout with its mask in an attribute."""

    def __init__(self, rate, rng):
        self.rate, self.rng = rate, rng

    def forward(self, x):
        self.scale = (self.rng.random(x.shape) >= self.rate) / (1 - self.rate)
        return x * self.scale

    def backward(self, grad):
        return grad * self.scale


class Fixed(Layer):
    """The same mask for every pass."""

    def forward(self, x):
        self.rng = np.random.default_rng(0)
        return super().forward(x)


class Unscaled(Layer):
    """No factor in either direction."""

    def forward(self, x):
        self.scale = self.rng.random(x.shape) >= self.rate
        return x * self.scale


class Inverse(Layer):
    """The inverse function in place of the derivative."""

    def backward(self, grad):
        return np.divide(grad, self.scale, out=np.zeros(grad.shape), where=self.scale > 0)


class Swapped(Layer):
    """Keeps with probability `rate`."""

    def __init__(self, rate, rng):
        super().__init__(1 - rate, rng)


def of(layer_class):
    """Return a function that makes a layer and returns its two methods."""

    def make(rate, rng):
        layer = layer_class(rate, rng)
        return layer.forward, layer.backward

    return make


RIGHT = {"resting_share": resting_share, "dropout_layer": of(Layer)}
WRONG = {
    "resting_share": (
        lambda rate, batch: 1 - (1 - rate) ** 2 / batch,
        lambda rate, batch: resting_share(rate, batch) ** 2,
        lambda rate, batch: 1 - resting_share(rate, batch),
        lambda rate, batch: batch * resting_share(rate, 1),
    ),
    "dropout_layer": (
        of(Fixed),
        of(Unscaled),
        of(Inverse),
        of(Swapped),
        Layer,
        lambda rate, rng: of(Layer)(rate, rng)[0],
        lambda rate, rng: of(Layer)(rate, rng)[::-1],
    ),
}
