"""The checked exercises of chapter 11: doubt, where it comes from, and whether it is right."""

import numpy as np

from dropout_lab import uncertainty
from dropout_lab.network import softmax
from dropout_lab.teaching.exercise import Exercise, Mistake, Trial, kept_for_dropped


def _passes(passes, n, classes):
    """Return probabilities of made-up passes."""
    return softmax(np.random.default_rng(0).normal(0, 2, (passes, n, classes)))


def _layer(n, units):
    """Return activations of a ReLU layer, and weights that lead out of it."""
    rng = np.random.default_rng(1)
    return np.maximum(rng.normal(size=(n, units)), 0), rng.normal(size=units)


def _answers(n):
    """Return labels and probabilities: right as often at low confidence as at high confidence."""
    rng = np.random.default_rng(2)
    probabilities = softmax(rng.normal(0, 2, (n, 4)))
    others = (probabilities.argmax(axis=1) + rng.integers(1, 4, n)) % 4
    return np.where(rng.uniform(size=n) < 0.6, probabilities.argmax(axis=1), others), probabilities


def _entropy(probabilities):
    return -(probabilities * np.log(probabilities)).sum(axis=-1)


def _calibration_error(labels, probabilities):
    counts = uncertainty.top_label_counts(labels, probabilities)
    return uncertainty.expected_calibration_error(counts)


def _unweighted(labels, probabilities):
    answers, confidence, right = uncertainty.top_label_counts(labels, probabilities)
    some = answers > 0
    return (np.abs(confidence - right)[some] / answers[some]).mean()


EXERCISES = (
    Exercise(
        "mutual_information(probabilities) takes an array of shape (passes, n, classes) and "
        "returns the mutual information of class and mask in nats, shape (n,).",
        Trial(
            "two passes that contradict each other with 0.9 against 0.1",
            lambda: (np.array([[[0.9, 0.1]], [[0.1, 0.9]]]),),
            np.array([np.log(2) + 0.9 * np.log(0.9) + 0.1 * np.log(0.1)]),
        ),
        Trial("three equal passes", lambda: (np.full((3, 2, 4), 0.25),), np.zeros(2)),
        Trial(
            "twenty passes over five inputs with three classes",
            lambda: (_passes(20, 5, 3),),
            lambda probabilities: uncertainty.decompose(probabilities).mutual,
        ),
        Mistake(
            lambda probabilities: _entropy(probabilities.mean(axis=0)),
            "That is the entropy of the mean. Take away what every pass doubts by itself.",
        ),
        Mistake(
            lambda probabilities: _entropy(probabilities).mean(axis=0),
            "That is the mean entropy of a pass: the part to take away, not what is left.",
        ),
    ),
    Exercise(
        "readout_variance(hidden, weights, rate) takes activations of shape (n, units), outgoing "
        "weights of shape (units,) and a rate, and returns the variance of the output over masks, "
        "shape (n,).",
        Trial(
            "activations 1 and 2, weights 3 and 1, rate 0.5",
            lambda: (np.array([[1.0, 2.0]]), np.array([3.0, 1.0]), 0.5),
            np.array([13.0]),  # 9 + 4, times 1
        ),
        Trial(
            "the same at rate 0.2",
            lambda: (np.array([[1.0, 2.0]]), np.array([3.0, 1.0]), 0.2),
            np.array([3.25]),
        ),
        Trial(
            "four inputs and thirty units at rate 0.3",
            lambda: (*_layer(4, 30), 0.3),
            uncertainty.readout_variance,
        ),
        Mistake(
            lambda hidden, weights, rate: rate * (1 - rate) * ((hidden * weights) ** 2).sum(1),
            "That is right for a plain mask. Here survivors are divided by 1 - rate.",
        ),
        Mistake(
            lambda hidden, weights, rate: rate / (1 - rate) * (hidden @ weights) ** 2,
            "Units are dropped independently: add their variances, not the units themselves.",
        ),
        kept_for_dropped(uncertainty.readout_variance),
    ),
    Exercise(
        "calibration_error(labels, probabilities) takes labels of shape (n,) and probabilities of "
        "shape (n, classes), and returns the expected calibration error over ten equally wide "
        "bins of confidence.",
        Trial(
            "two answers of confidence 0.8, one of them right",
            lambda: (np.array([0, 1]), np.array([[0.8, 0.2], [0.8, 0.2]])),
            0.3,
        ),
        Trial("500 answers among four classes", lambda: _answers(500), _calibration_error),
        Mistake(
            lambda labels, probabilities: abs(
                (probabilities.argmax(1) == labels).mean() - probabilities.max(1).mean()
            ),
            "Too little in one bin and too much in another must not cancel: take absolute values "
            "bin by bin.",
        ),
        Mistake(
            _unweighted,
            "A bin counts as much as it holds answers: weight the bins before you add them.",
        ),
        hint="The confidence is the largest probability of a row; the answer is right if its class "
        "is the label.",
    ),
)
