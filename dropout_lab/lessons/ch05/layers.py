"""The layers of PyTorch and Keras against this book, on the masks that they drew."""

import numpy as np

from dropout_lab.layer import dropout_backward

__all__ = ["run_keras", "run_torch", "ulp_apart"]


def run_torch(x, grad, rate, layer=None):
    """Send numbers through PyTorch's layer, and a gradient back.

    Parameters
    ----------
    x, grad : numpy.ndarray
        Inputs and the gradient of the outputs, same shape.
    rate : float
        Probability of dropping.
    layer : callable, optional
        Another layer or function of dropout.

    Returns
    -------
    tuple of numpy.ndarray
        Outputs, and the gradient of the inputs.
    """
    import torch

    source = torch.tensor(x, requires_grad=True)
    y = (layer or torch.nn.Dropout(rate))(source)
    y.backward(torch.tensor(grad))
    return y.detach().numpy(), source.grad.numpy()


def run_keras(x, grad, rate, layer=None):
    """Do the same in Keras on TensorFlow; see `run_torch`."""
    import tensorflow as tf
    from keras import layers

    source = tf.Variable(x)
    with tf.GradientTape() as tape:
        y = (layer or layers.Dropout(rate, seed=0))(source, training=True)
    zero = tf.UnconnectedGradients.ZERO  # at rate 1 the output does not depend on the input
    back = tape.gradient(y, source, tf.constant(grad), unconnected_gradients=zero)
    return y.numpy(), back.numpy()


def ulp_apart(run, x, grad, rate):
    """Return how far a layer is from this book on its own mask, forward and backward.

    Parameters
    ----------
    run : callable
        `run_torch` or `run_keras`.
    x, grad : numpy.ndarray
        Inputs without zeros, whose outputs tell what was kept, and a gradient without zeros.
    rate : float
        Probability of dropping.

    Returns
    -------
    float
        The largest difference in units in the last place: two floats are one apart if no third
        lies between them.

    Raises
    ------
    AssertionError
        If one is more than 2 apart.
    """
    y, back = run(x, grad, rate)
    pairs = (y, x), (back, grad)
    distances = [
        np.testing.assert_array_max_ulp(one, dropout_backward(other, y != 0, rate), 2).max()
        for one, other in pairs
    ]
    return float(max(distances))
