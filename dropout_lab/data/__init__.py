"""The book's data sets: MNIST, real card transactions, and simulated ones."""

from dropout_lab.data.creditcard import CardData, load_creditcard
from dropout_lab.data.files import DataUnavailable
from dropout_lab.data.mnist import Mnist, load_idx, load_mnist, load_mnist_or_digits
from dropout_lab.data.splits import stratified_split, time_split
from dropout_lab.data.transactions import Transactions, make_transactions, toy_transactions

__all__ = [
    "CardData",
    "DataUnavailable",
    "Mnist",
    "Transactions",
    "load_creditcard",
    "load_idx",
    "load_mnist",
    "load_mnist_or_digits",
    "make_transactions",
    "stratified_split",
    "time_split",
    "toy_transactions",
]
