"""Train the same network in PyTorch and in Keras, and get the same `History` from both."""

from dropout_lab.training.history import History
from dropout_lab.training.keras_twin import fit_keras, perceptron_keras
from dropout_lab.training.torch_twin import fit_torch, perceptron_torch, predict_torch

__all__ = [
    "History",
    "fit_keras",
    "fit_torch",
    "perceptron_keras",
    "perceptron_torch",
    "predict_torch",
]
