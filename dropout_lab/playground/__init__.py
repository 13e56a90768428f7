"""Pieces that compute in the page: the reader trains, draws and clicks without a kernel."""

from dropout_lab.playground.training import train_it_here

__all__ = ["train_it_here"]
