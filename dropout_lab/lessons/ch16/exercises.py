"""The checked exercises of chapter 16: a number of kept units, and its probability."""

import math

from dropout_lab.teaching.exercise import Exercise, Mistake, Trial, kept_for_dropped


def _chance(kept, units, rate):
    """Return the probability that a mask keeps so many of the units."""
    return math.comb(units, kept) * (1 - rate) ** kept * rate ** (units - kept)


EXERCISES = (
    Exercise(
        "fraud_in_practice_kept(units, rate) returns the mean number of kept units.",
        Trial("ten units at rate 0.2", lambda: (10, 0.2), 8.0),
        Trial("three units at rate 0.5", lambda: (3, 0.5), 1.5),
        Mistake(
            lambda units, rate: units * rate,
            "That is how many are dropped. The rate is the probability of dropping.",
        ),
        Mistake(lambda units, rate: 1 - rate, "That is the share. How many units are that?"),
    ),
    Exercise(
        "fraud_in_practice_chance(kept, units, rate) returns a probability.",
        Trial("no unit of two at rate 0.5", lambda: (0, 2, 0.5), 0.25),
        Trial("two of five at rate 0.2", lambda: (2, 5, 0.2), _chance),
        Mistake(
            lambda kept, units, rate: (1 - rate) ** kept * rate ** (units - kept),
            "That is one mask. How many masks keep that many units?",
        ),
        kept_for_dropped(_chance),
    ),
)
