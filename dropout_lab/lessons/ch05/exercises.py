"""The checked exercises of chapter 5: dropout in PyTorch and Keras.

PyTorch is imported by the trials, when a reader of that chapter runs them.
"""

import collections
import math

import numpy as np

from dropout_lab.teaching.exercise import Exercise, Mistake, Trial


def _batch():
    """Return sixteen inputs of twenty numbers."""
    import torch

    return torch.linspace(-2, 2, 320).reshape(16, 20)


def _network(rate=0.5, training=True, functional=False):
    """Return a network in one of the two modes, and a batch for it."""
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.layer = nn.Linear(20, 200), nn.Dropout(rate)

        def forward(self, x):
            h = self.linear(x)
            return nn.functional.dropout(h, rate) if functional else self.layer(h)

    return Network().train(training), torch.ones(16, 20)


# A trial builds its arguments before it calls the reader's function, and once more to measure
# the answer: of the two last networks that normalize batches the first one is the reader's.
_USED = collections.deque(maxlen=2)


def _normalizing():
    """Return a network in train mode, and a batch for it."""
    import torch
    from torch import nn

    state = torch.get_rng_state()
    with torch.random.fork_rng(devices=[]):
        net = nn.Sequential(nn.Linear(20, 200), nn.BatchNorm1d(200), nn.Dropout(0.5))
    _USED.append((net, state))
    return net, _batch()


def _traces(answer, *_):
    """Return the answer in words, and what a look at the network left behind."""
    if not isinstance(answer, (bool, np.bool_)):
        return answer
    (net, before), (_, after) = _USED
    changed = {
        "the statistics of batch normalization": net[1].num_batches_tracked > 0,
        "the mode": not all(module.training for module in net.modules()),
        "PyTorch's generator": not before.equal(after),
    }
    names = [name for name, is_so in changed.items() if is_so]
    return f"{bool(answer)}, and {' and '.join(names) or 'nothing'} changed"


def _two_passes_differ(model, x):
    """Return an answer to `drops` that leaves traces."""
    return not model(x).equal(model(x))


def _loss_floor(rate, classes):
    """Return `rate` times the mean of ln(1 + B), B the dropped ones of the wrong logits."""
    wrong = classes - 1
    chances = [math.comb(wrong, b) * rate**b * (1 - rate) ** (wrong - b) for b in range(classes)]
    return rate * sum(chance * math.log(1 + b) for b, chance in enumerate(chances))


def _outputs(net, rate, seed=0):
    """Return outputs in train mode and in eval mode, with fixed weights and a fixed mask."""
    import torch

    with torch.random.fork_rng(devices=[]), torch.no_grad():  # leave the reader's stream alone
        torch.manual_seed(seed)
        for parameter in net.parameters():
            parameter.copy_(torch.randn(parameter.shape) / 4)
        both = []
        for training in (True, False):
            torch.manual_seed(seed)
            both.append(net.train(training)(_batch()).numpy().astype(np.float64))
    return tuple(both)


def _functional(training=None, second=True):
    """Return a maker of networks with `F.dropout`; None follows the mode, as it should."""

    def make(rate):
        from torch import nn

        class Written(nn.Module):
            def __init__(self):
                super().__init__()
                self.one, self.two = nn.Linear(20, 64), nn.Linear(64, 32)
                self.out = nn.Linear(32, 1)

            def drop(self, h):
                on = self.training if training is None else training
                return nn.functional.dropout(h, rate, training=on)

            def forward(self, h):
                h = self.two(self.drop(self.one(h).relu())).relu()
                return self.out(self.drop(h) if second else h)

        return Written()

    return make


def _both_modes(rate):
    """Return a trial of a network at a rate."""
    return Trial(
        f"outputs in train mode and in eval mode, at rate {rate}",
        lambda: (rate,),
        lambda rate: _outputs(_functional()(rate), rate),
        measure=_outputs,
    )


EXERCISES = (
    Exercise(
        "drops(model, x) returns True if the PyTorch model is dropping anything right now, else "
        "False; the model and PyTorch's generator stay as they are.",
        Trial("a model in train mode", lambda: _network(), True),
        Trial("a model in eval mode", lambda: _network(training=False), False),
        Trial(
            "F.dropout without training=, in eval mode",
            lambda: _network(training=False, functional=True),
            True,
        ),
        Trial("rate 0 in train mode", lambda: _network(rate=0.0), False),
        Trial(
            "what a look at a model with batch normalization leaves behind",
            _normalizing,
            "True, and nothing changed",
            measure=_traces,
        ),
        Mistake(
            lambda model, x: model.training,
            "The mode does not say whether anything is dropped. Look at what the model does.",
        ),
        Mistake(
            lambda model, x: any("Dropout" in str(m) for m in model.modules()),
            "A layer of dropout may be switched off. Look at what the model does.",
        ),
        Mistake(
            _two_passes_differ,
            "In train mode a pass updates the statistics of batch normalization, and dropout "
            "advances PyTorch's generator. Ask a copy, within torch.random.fork_rng().",
        ),
        hint="Call the model twice and compare the outputs with torch.equal.",
    ),
    Exercise(
        "functional_net(rate), a function or a class, returns an nn.Module with three nn.Linear, "
        "20-64-32-1, in this order, ReLU and F.dropout behind the first two.",
        _both_modes(0.5),
        _both_modes(0.2),
        Mistake(
            _functional(training=True),
            "In eval mode your network still drops: hand training=self.training to F.dropout.",
        ),
        Mistake(_functional(second=False), "The second hidden layer lacks its dropout."),
    ),
    Exercise(
        "loss_floor(rate, classes) returns the lowest loss that any logits reach on average, when "
        "dropout follows the last layer of that many logits.",
        Trial("two classes at rate 0.5", lambda: (0.5, 2), 0.25 * math.log(2)),
        Trial("three classes at rate 0.2", lambda: (0.2, 3), _loss_floor),
        Trial("ten classes at rate 0.5", lambda: (0.5, 10), _loss_floor),
        Trial("ten classes without dropout", lambda: (0.0, 10), 0.0),
        Mistake(
            lambda rate, classes: rate * math.log(classes),
            "That is the loss while all wrong logits are 0. What is left of a wrong logit that is "
            "far below 0, if it is kept, and if it is dropped?",
        ),
        Mistake(
            lambda rate, classes: _loss_floor(rate, classes) / rate if rate else 0.0,
            "That is the mean loss when the right logit is dropped. How often is it?",
        ),
        hint="If the right logit is kept, the loss can be 0. If it is dropped, count the wrong "
        "ones that are dropped with it.",
    ),
)
