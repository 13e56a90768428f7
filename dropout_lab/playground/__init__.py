"""Pieces that compute in the page: the reader trains, draws and clicks without a kernel."""

from dropout_lab.playground.clicking import click_a_unit
from dropout_lab.playground.drawing import draw_a_digit
from dropout_lab.playground.own_layer import type_your_own_layer
from dropout_lab.playground.studying import study_session
from dropout_lab.playground.training import train_it_here

__all__ = [
    "click_a_unit",
    "draw_a_digit",
    "study_session",
    "train_it_here",
    "type_your_own_layer",
]
