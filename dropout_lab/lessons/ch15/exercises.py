"""The checked exercises of chapter 15: sleeping layers, a maximum, and a rate in few bits.

PyTorch is imported by the trials, when a reader of that chapter runs them.
"""

import math

from dropout_lab.teaching.exercise import Exercise, Mistake, Trial


def _model(awake=(), asleep=(), rate=0.5):
    """Return a model in train mode with layers of dropout, some of them in eval mode alone."""
    from torch import nn

    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(rate), nn.Sequential(nn.Dropout2d(rate)))
    for mode, places in ((True, awake), (False, asleep)):
        for place in places:
            model.get_submodule(place).train(mode)
    return (model,)


def _asleep(model, by_kind=False, by_model=False, whatever_the_rate=False):
    """Return the names of layers in eval mode, or what mistakes take for them."""
    from torch import nn

    kind = nn.Dropout if by_kind else nn.modules.dropout._DropoutNd
    return sorted(
        name
        for name, module in model.named_modules()
        if isinstance(module, kind)
        and (module.p > 0 or whatever_the_rate)
        and not (model if by_model else module).training
    )


def _largest(values, rate):
    """Return the mean of the maximum: the k-th largest counts if all larger ones are dropped."""
    return sum(value * rate**k for k, value in enumerate(sorted(values, reverse=True)))


EXERCISES = (
    Exercise(
        "asleep(model) returns the sorted names of the dropout layers of a PyTorch model that are "
        "in eval mode and have a rate above 0, as a list.",
        Trial("a model in train mode", _model, []),
        Trial("a model in eval mode", lambda: (_model()[0].eval(),), ["1", "2.0"]),
        Trial("a model of which one part is in eval mode", lambda: _model(asleep=["2"]), ["2.0"]),
        Trial("a model in eval mode at rate 0", lambda: (_model(rate=0.0)[0].eval(),), []),
        Mistake(
            lambda model: _asleep(model, by_model=True),
            "The mode of the model does not tell those of its parts. Ask each layer.",
        ),
        Mistake(
            lambda model: _asleep(model, by_kind=True),
            "nn.Dropout2d is no nn.Dropout. What do all layers of dropout derive from?",
        ),
        Mistake(
            lambda model: _asleep(model, whatever_the_rate=True),
            "A layer at rate 0 drops nothing in train mode either.",
        ),
        hint="Go through model.named_modules().",
    ),
    Exercise(
        "largest(values, rate) returns the mean of the maximum of positive numbers after dropout.",
        Trial("one number", lambda: ([3.0], 0.5), 3.0),
        Trial("1 and 2 at rate 0.5", lambda: ([1.0, 2.0], 0.5), 2.5),
        Trial("three numbers at rate 0.2", lambda: ([0.2, 0.9, 0.5], 0.2), _largest),
        Trial("three numbers without dropout", lambda: ([0.2, 0.9, 0.5], 0.0), 0.9),
        Mistake(
            lambda values, rate: max(values),
            "The mean of each number stays. Does that of their maximum? List the four masks of two "
            "numbers.",
        ),
        Mistake(
            lambda values, rate: _largest(values, rate) * (1 - rate),
            "What is kept is scaled by 1 / (1 - rate).",
        ),
        Mistake(
            lambda values, rate: sum(value * rate**k for k, value in enumerate(values)),
            "Which number is the maximum depends on its size, not on its place in the list.",
        ),
        hint="When is the second largest number the maximum?",
    ),
    Exercise(
        "drops_in_bits(rate, bits) returns the probability that a multiple of 2**-bits, drawn from "
        "0 up to 1 - 2**-bits, is smaller than the rate.",
        Trial("rate 0.5, 7 bits", lambda: (0.5, 7), 0.5),
        Trial("rate 0.3, 1 bit", lambda: (0.3, 1), 0.5),
        Trial("rate 0.01, 7 bits", lambda: (0.01, 7), 2 / 128),
        Trial("rate 0.1, 10 bits", lambda: (0.1, 10), 103 / 1024),
        Mistake(
            lambda rate, bits: rate,
            "That is right for a number of any size between 0 and 1. These stand on a grid.",
        ),
        Mistake(
            lambda rate, bits: round(rate * 2**bits) / 2**bits,
            "Count the multiples below the rate, 0 among them.",
        ),
        Mistake(
            lambda rate, bits: math.floor(rate * 2**bits) / 2**bits,
            "0 is one of the numbers, and it is smaller than any rate.",
        ),
    ),
)
