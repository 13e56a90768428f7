"""Should I use dropout? A few questions, their answers, and recommendations with evidence."""

from dataclasses import dataclass

from dropout_lab import _checks as check

__all__ = ["ADDITIONS", "QUESTIONS", "RULES", "Question", "Recommendation", "Rule", "recommend"]


@dataclass(frozen=True)
class Question:
    """A question of the decision page.

    Parameters
    ----------
    name : str
        The keyword of `recommend`.
    answers : tuple of str
        What may be answered.
    """

    name: str
    answers: tuple


@dataclass(frozen=True)
class Rule:
    """What to do when certain answers were given.

    Parameters
    ----------
    when : dict of str to str
        For each question that matters here, the answer for which the rule holds.
    says : str
        The advice, a few words.
    because : str
        The reason, one sentence.
    rates : tuple of float
        The rate to start with, and the largest one worth a trial; empty in an addition.
    evidence : str
        A key of `dropout_lab.lessons.ch13.evidence.EVIDENCE`.
    chapters : tuple of int
        Where to read on.
    nearest : bool
        Whether the evidence is about another kind of layer, for want of a measurement.
    """

    when: dict
    says: str
    because: str
    rates: tuple
    evidence: str
    chapters: tuple
    nearest: bool = False

    def holds(self, answers):
        """Say whether the rule holds for a dict of answers."""
        return self.when.items() <= answers.items()


@dataclass(frozen=True)
class Recommendation:
    """What `recommend` returns.

    Parameters
    ----------
    rate, up_to : float
        The rate to start with, and the largest one worth a trial.
    rule : Rule
        The main rule.
    additions : tuple of Rule
        What else to mind.
    """

    rate: float
    up_to: float
    rule: Rule
    additions: tuple

    @property
    def chapters(self):
        """Where to read on: a tuple of chapter numbers in rising order."""
        return tuple(sorted({n for rule in (self.rule, *self.additions) for n in rule.chapters}))

    @property
    def evidence(self):
        """The key in this lesson's ``EVIDENCE`` to show: that of the last rule."""
        return (self.rule, *self.additions)[-1].evidence

    @property
    def measured(self):
        """Whether that evidence is about a layer of this kind, and not the nearest there is."""
        return not self.rule.nearest or self.evidence != self.rule.evidence

    def __str__(self):
        """Return the recommendation in whole sentences."""
        steps = [f"{rule.says}. {rule.because}" for rule in (self.rule, *self.additions)]
        numbers = [str(n) for n in self.chapters]
        last = " and ".join([", ".join(numbers[:-1]), numbers[-1]] if numbers[1:] else numbers)
        return f"{' '.join(steps)} See chapter{'s' * (len(numbers) > 1)} {last}."


QUESTIONS = (
    Question("fit", ("overfitting", "neither", "underfitting")),
    Question("data", ("few examples", "many examples", "one pass only")),
    Question(
        "layer", ("fully connected", "convolutional", "recurrent", "attention", "linear model")
    ),
    Question("batch_norm", ("no", "yes")),
    Question("uncertainty", ("no", "yes")),
)
"""What the decision page asks."""

RULES = (
    Rule(
        {"layer": "linear model"},
        "Use ridge instead",
        "Averaged over masks, dropout is a ridge penalty here, exactly or nearly. A ridge of "
        "your own needs no noise, and you choose its prices.",
        (0.0, 0.0),
        "linear",
        (1, 10),
    ),
    Rule(
        {"data": "one pass only"},
        "Leave dropout out",
        "What is seen once cannot be learned by heart, so there is nothing to cure.",
        (0.0, 0.0),
        "sizes",
        (7, 12),
    ),
    Rule(
        {"fit": "underfitting"},
        "Leave dropout out",
        "Dropout takes capacity away from a model that has too little of it. At most try it in "
        "the first epochs only.",
        (0.0, 0.1),
        "underfitting",
        (7, 12),
    ),
    Rule(
        {"fit": "neither"},
        "Start without, then compare with 0.1 and 0.2",
        "With no gap to close, dropout can gain little and may lose.",
        (0.0, 0.2),
        "published",
        (6, 7),
    ),
    Rule(
        {"layer": "fully connected", "data": "few examples"},
        "Start with 0.2; take 0.5 in wider layers",
        "A large model on few examples is where dropout gains, and a high rate has to be paid "
        "with more units.",
        (0.2, 0.5),
        "sizes",
        (7, 9),
    ),
    Rule(
        {"layer": "fully connected"},
        "Start with 0.2, on the inputs first",
        "At one width, low rates gain little and high ones lose; for card payments no rate gained.",
        (0.2, 0.3),
        "rates",
        (6, 7, 9),
    ),
    Rule(
        {"layer": "convolutional"},
        "Start with 0.1 on whole channels",
        "Neighboring pixels tell nearly the same, so dropping single ones hides little.",
        (0.1, 0.2),
        "rates",
        (2, 12),
        nearest=True,
    ),
    Rule(
        {"layer": "recurrent"},
        "Start with 0.2, one mask for all time steps",
        "A new mask at every step is noise that adds up along the sequence; with one mask a large "
        "LSTM was best at 0.3 on its state and 0.5 on inputs and outputs.",
        (0.2, 0.5),
        "rates",
        (5, 12),
        nearest=True,
    ),
    Rule(
        {"layer": "attention"},
        "Start with 0.1 on sub-layer outputs and embeddings",
        "There the first transformer had 0.1, its big model 0.3 where data were fewer; for "
        "training on many tokens once it is 0.",
        (0.1, 0.3),
        "rates",
        (12,),
        nearest=True,
    ),
)
"""The main rules; the first that holds decides."""

ADDITIONS = (
    Rule(
        {"batch_norm": "yes"},
        "Above 0.1, put dropout behind the last batch norm",
        "A norm behind dropout stores a variance too large for inference; at 0.1 no cost showed.",
        (),
        "norm",
        (12,),
    ),
    Rule(
        {"uncertainty": "yes"},
        "Average many passes, and check the calibration",
        "The mean over masks was better calibrated than one pass here, but its spread depends on "
        "the rate you chose and is no guarantee far from the data.",
        (),
        "doubt",
        (8, 11),
    ),
)
"""What else to mind; all that hold are added where the rate to try is above 0."""


def recommend(
    fit="overfitting",
    data="few examples",
    layer="fully connected",
    batch_norm="no",
    uncertainty="no",
):
    """Return what the evidence of the book says about dropout in a certain case.

    Parameters
    ----------
    fit, data, layer, batch_norm, uncertainty : str
        One of the answers of the question of that name in `QUESTIONS`.

    Returns
    -------
    Recommendation
        A rate to start with, the advice, its reasons and where to read on.

    Raises
    ------
    ValueError
        If an answer is none of those of its question.

    Notes
    -----
    A recommendation is where to start, not where to end: compare with rate 0, on the same
    seeds.

    Examples
    --------
    >>> recommend(fit="underfitting").rate
    0.0
    >>> print(recommend(data="many examples"))  # doctest: +NORMALIZE_WHITESPACE
    Start with 0.2, on the inputs first. At one width, low rates gain little and high ones lose; for
    card payments no rate gained. See chapters 6, 7 and 9.
    """
    answers = fit, data, layer, batch_norm, uncertainty
    given = {question.name: answer for question, answer in zip(QUESTIONS, answers, strict=True)}
    for question in QUESTIONS:
        check.choice(given[question.name], question.name, question.answers)
    rule = next(rule for rule in RULES if rule.holds(given))
    added = tuple(extra for extra in ADDITIONS if max(rule.rates) > 0 and extra.holds(given))
    return Recommendation(*rule.rates, rule, added)
