"""What switches dropout when Keras runs on PyTorch; a process of its own, as a backend is for life.

Run it with ``KERAS_BACKEND=torch python -m dropout_lab.lessons.ch15.on_torch``.
"""

__all__ = ["switches"]


def switches():
    """Return what drops, by what was called.

    Returns
    -------
    dict of str to bool
        Whether an output has zeros where the input has none.
    """
    import keras
    import numpy as np
    import torch

    class Mixed(keras.Model):
        def __init__(self):
            super().__init__()
            self.drop = torch.nn.Dropout(0.5)

        def call(self, x):
            return self.drop(x)

    class Told(Mixed):
        def call(self, x, training=False):
            return self.drop(x, training=training)

    ones = np.ones((10, 100), "float32")
    layer = keras.layers.Dropout(0.5)
    model, torches = keras.Sequential([keras.Input((100,)), layer]), torch.nn.Sequential(layer)

    def drops(output):
        return bool((keras.ops.convert_to_numpy(output) == 0).any())

    return {
        "Keras's layer, model.train()": drops(model.train()(ones)),
        "Keras's layer in nn.Sequential, train()": drops(torches.train()(torch.tensor(ones))),
        "Keras's layer, model.eval(), training=True": drops(model.eval()(ones, training=True)),
        "nn.Dropout in a Keras model, predict": drops(Mixed().predict(ones, verbose=0)),
        "the same, told training=training": drops(Told().predict(ones, verbose=0)),
        "the same, told, training=True": drops(Told()(ones, training=True)),
    }


if __name__ == "__main__":
    for said, is_so in switches().items():
        print(f"{said:43} drops: {is_so}")
