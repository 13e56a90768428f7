"""Should I use dropout? Three questions, one answer to each case, and what it rests on."""

from dataclasses import dataclass

from dropout_lab import _checks as check
from dropout_lab.lessons.ch13.evidence import EVIDENCE

__all__ = ["DOUBTS", "QUESTIONS", "RULES", "SOURCES", "Question", "Recommendation", "Rule",
           "recommend"]  # fmt: skip


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
    when : dict of str to tuple of str
        For each question that matters here, the answers for which the rule holds.
    says : str
        The advice, a few words.
    because : str
        The reason, one or two sentences.
    chapters : tuple of int
        Where to read on.
    rates : tuple of float
        The rate to start with, and the largest one worth a trial; empty if there is none to give.
    sources : tuple of str
        Keys of `SOURCES`.
    evidence : tuple of str
        Keys of `dropout_lab.lessons.ch13.evidence.EVIDENCE` that may bear it out; the first
        about the reader's kind of model is shown.
    """

    when: dict
    says: str
    because: str
    chapters: tuple
    rates: tuple = ()
    sources: tuple = ()
    evidence: tuple = ()

    def holds(self, answers):
        """Say whether the rule holds for a dict of answers."""
        return all(answers[name] in allowed for name, allowed in self.when.items())


@dataclass(frozen=True)
class Recommendation:
    """What `recommend` returns.

    Parameters
    ----------
    rule : Rule
        What decides.
    doubt : Rule or None
        How to learn how sure a prediction is, for those who need it.
    evidence : str or None
        The key in this lesson's ``EVIDENCE`` of a measurement on this kind of model, if the
        book has one.
    """

    rule: Rule
    doubt: Rule | None
    evidence: str | None

    @property
    def rate(self):
        """The rate to start with, or None where the book has none to give."""
        return self.rule.rates[0] if self.rule.rates else None

    @property
    def up_to(self):
        """The largest rate worth a trial, or None."""
        return self.rule.rates[1] if self.rule.rates else None

    @property
    def rules(self):
        """What was said, in order: one rule or two."""
        return (self.rule, self.doubt) if self.doubt else (self.rule,)

    @property
    def chapters(self):
        """Where to read on: a tuple of chapter numbers in rising order."""
        return tuple(sorted({n for rule in self.rules for n in rule.chapters}))

    @property
    def sources(self):
        """What others did or found: one line for each source."""
        return tuple(": ".join(SOURCES[key]) for rule in self.rules for key in rule.sources)

    def __str__(self):
        """Return the recommendation in whole sentences."""
        steps = [f"{rule.says}. {rule.because}" for rule in self.rules]
        numbers = [str(n) for n in self.chapters]
        last = " and ".join([", ".join(numbers[:-1]), numbers[-1]] if numbers[1:] else numbers)
        return f"{' '.join(steps)} See chapter{'s' * (len(numbers) > 1)} {last}."


FULLY, NORMED, ROWS, LINEAR = (
    "fully connected", "fully connected, batch norm", "rows of a table", "linear or logistic",
)  # fmt: skip
CNN, VISION = "CNN with batch norm", "ViT or modern CNN"
LANGUAGE, TUNED, ADAPTED = (
    "LLM from scratch", "pretrained, fully tuned", "pretrained, LoRA",
)  # fmt: skip
RECURRENT, GRAPH, TASTE = "recurrent", "graph", "recommender"
DIFFUSION, ACTING = "diffusion", "reinforcement learning"

FEW, MANY = "overfits, few examples", "overfits, many examples"
CLOSE, UNDER, ONCE = "no gap", "underfits", "seen once"

QUESTIONS = (
    Question(
        "model",
        (
            FULLY,
            NORMED,
            ROWS,
            LINEAR,
            CNN,
            VISION,
            LANGUAGE,
            TUNED,
            ADAPTED,
            RECURRENT,
            GRAPH,
            TASTE,
            DIFFUSION,
            ACTING,
        ),
    ),
    Question("curves", (FEW, MANY, CLOSE, UNDER, ONCE)),
    Question("doubt", ("no", "yes")),
)
"""What the decision page asks."""

SOURCES = {
    "liu2025": ("Liu et al., 2025", "none is best in one pass over text"),
    "liu2023": ("Liu et al., 2023", "in the first epochs it helps nets that underfit"),
    "zhang2022ctr": ("Zhang et al., 2022", "models of clicks get worse in the second pass"),
    "grinsztajn2022": ("Grinsztajn et al., 2022", "trees ahead on 45 tables of medium size"),
    "wager2013": ("Wager et al., 2013", "a penalty, nearly, in generalized linear models"),
    "srivastava2014": ("Srivastava et al., 2014", "wide layers at 0.5, inputs at 0.2"),
    "goodfellow2016": (
        "Goodfellow et al., 2016",
        "it gains little on much data",
    ),
    "tompson2015": ("Tompson et al., 2015", "whole maps, since pixels tell the same"),
    "li2019": ("Li et al., 2019", "a norm behind dropout stores a wrong variance"),
    "touvron2021": ("Touvron et al., 2021", "units 0, stochastic depth 0.1"),
    "liu2022": ("Liu et al., 2022", "stochastic depth 0.1 to 0.5, by size"),
    "vaswani2017": ("Vaswani et al., 2017", "0.1, and 0.3 in a big model"),
    "xue2023": ("Xue et al., 2023", "where text repeats, it helps if tuned"),
    "devlin2019": ("Devlin et al., 2019", "0.1 in all fine-tuning"),
    "dettmers2023": ("Dettmers et al., 2023", "0.1 up to 13 billion weights, then 0.05"),
    "gal2016rnn": ("Gal and Ghahramani, 2016", "one mask for all steps"),
    "kipf2017": ("Kipf and Welling, 2017", "0.5"),
    "ho2020": ("Ho et al., 2020", "0.1 on images of 32 by 32 pixels"),
    "hiraoka2022": ("Hiraoka et al., 2022", "dropout and layer norm in Q functions"),
    "guo2017": ("Guo et al., 2017", "one temperature calibrates most nets"),
    "lakshminarayanan2017": ("Lakshminarayanan et al., 2017", "a few nets together"),
    "gal2016": ("Gal and Ghahramani, 2016", "passes with masks on"),
}
"""By their keys on the page of references: the names of the sources, and what they did or found."""

RULES = (
    Rule(
        {"model": (DIFFUSION,)},
        "Not covered here",
        "The book measured nothing of the kind. The first widely used net of this kind had 0.1 on "
        "small images; compare with 0 by your own score.",
        (13,),
        sources=("ho2020",),
    ),
    Rule(
        {"model": (ACTING,)},
        "Not covered here",
        "The data change with what the net does, so its curves mean something else. Small rates "
        "with layer norm, in the part that values actions, are one published case.",
        (13,),
        sources=("hiraoka2022",),
    ),
    Rule(
        {"model": (LINEAR,), "curves": (UNDER,)},
        "Leave dropout out, and penalize less",
        "Dropout is a penalty here, exactly or nearly. What underfits needs a smaller one, or "
        "better features.",
        (1, 10),
        (0.0, 0.0),
        ("wager2013",),
    ),
    Rule(
        {"model": (LINEAR,)},
        "Use ridge instead",
        "Averaged over masks, dropout is a ridge penalty here, exactly or nearly. A ridge of "
        "your own needs no noise, and you choose its prices.",
        (1, 10),
        (0.0, 0.0),
        ("wager2013",),
        ("linear",),
    ),
    Rule(
        {"model": (TASTE,), "curves": (ONCE,)},
        "Leave dropout out, and stop after the first pass",
        "Models of clicks were seen to get worse as soon as the second pass begins.",
        (13,),
        (0.0, 0.0),
        ("zhang2022ctr",),
    ),
    Rule(
        {"curves": (ONCE,)},
        "Leave dropout out",
        "What is seen once is new when it comes: there is hardly a gap to new data, and little to "
        "cure.",
        (7, 12, 14),
        (0.0, 0.0),
        ("liu2025",),
        ("once",),
    ),
    Rule(
        {"curves": (UNDER,)},
        "Leave dropout out",
        "Dropout takes capacity away from a model that has too little of it. At most try it in "
        "the first epochs only.",
        (7, 12),
        (0.0, 0.1),
        ("goodfellow2016", "liu2023"),
        ("underfitting",),
    ),
    Rule(
        {"model": (ROWS,)},
        "Trees first; in a net, start without",
        "On tables of medium size trees did better than nets in a large comparison. On card "
        "payments here nobody's lead was sure, and no rate helped a net beyond doubt; compare with "
        "0.1 and 0.2.",
        (6, 16),
        (0.0, 0.2),
        ("grinsztajn2022",),
        ("tuned", "cards"),
    ),
    Rule(
        {"model": (TUNED,), "curves": (CLOSE,)},
        "Leave the rates as the model came",
        "With no gap to close, a change can gain little.",
        (12, 14),
        sources=("devlin2019",),
    ),
    Rule(
        {"curves": (CLOSE,)},
        "Start without, then compare with 0.1 and 0.2",
        "With no gap to close, dropout can gain little and may lose.",
        (7, 9),
        (0.0, 0.2),
        ("goodfellow2016",),
        ("published",),
    ),
    Rule(
        {"model": (FULLY,), "curves": (FEW,)},
        "Start with 0.2; take 0.5 in wider layers",
        "A large model on few examples is where dropout gains, and a high rate has to be paid "
        "with more units.",
        (7, 9),
        (0.2, 0.5),
        ("srivastava2014",),
        ("sizes",),
    ),
    Rule(
        {"model": (FULLY,)},
        "Start with 0.2 on the inputs, then in the layers",
        "At one width, low rates gain little and high ones lose. On images, dropout on the pixels "
        "did most of what there was to gain.",
        (7, 9),
        (0.2, 0.3),
        evidence=("inputs",),
    ),
    Rule(
        {"model": (NORMED,)},
        "Start with 0.2, behind the last batch norm",
        "A norm behind dropout stores a variance too large for inference, and a high rate in "
        "front of several ruins a net; at 0.1 no cost showed.",
        (9, 12),
        (0.2, 0.5),
        ("li2019",),
        ("norm",),
    ),
    Rule(
        {"model": (CNN,)},
        "Start with 0.1 on whole channels",
        "Neighboring pixels tell nearly the same, so dropping single ones hides little. Above 0.1, "
        "drop only behind the last batch norm: a norm stores a variance too large for inference.",
        (2, 12),
        (0.1, 0.2),
        ("tompson2015", "li2019"),
    ),
    Rule(
        {"model": (VISION,)},
        "Start with stochastic depth at 0.1, units at 0",
        "Today's recipes drop whole branches: 0.1 in small models, up to 0.5 in large ones. They "
        "have layer norm, which stores no variance.",
        (12, 14),
        (0.1, 0.5),
        ("touvron2021", "liu2022"),
        ("path",),
    ),
    Rule(
        {"model": (LANGUAGE,)},
        "Start with 0.1 on sub-layer outputs and embeddings",
        "There the first transformer had 0.1, its big model 0.3 where data were fewer. The more "
        "often a text is read, the more there is to gain; first see what stopping early does. "
        "Which place matters most is open.",
        (12, 14),
        (0.1, 0.3),
        ("vaswani2017", "xue2023"),
        ("repeated",),
    ),
    Rule(
        {"model": (TUNED,)},
        "Keep the rate it came with, such as 0.1",
        "BERT was tuned with the 0.1 that it was trained with; many decoders have none. Few epochs "
        "and a small step do more against a gap.",
        (12, 14),
        (0.1, 0.2),
        ("devlin2019",),
    ),
    Rule(
        {"model": (ADAPTED,)},
        "Start with 0.05 on the input of the adapters",
        "That is where this dropout sits; 0.1 was used for smaller models. A lower rank and fewer "
        "steps close a gap, too.",
        (14,),
        (0.05, 0.1),
        ("dettmers2023",),
    ),
    Rule(
        {"model": (RECURRENT,)},
        "Start with 0.2, one mask for all time steps",
        "A new mask at every step is noise that adds up along the sequence; with one mask a large "
        "LSTM was best at 0.3 on its state and 0.5 on inputs and outputs.",
        (5, 12),
        (0.2, 0.5),
        ("gal2016rnn",),
    ),
    Rule(
        {"model": (GRAPH,)},
        "Start with 0.5 on the features of the nodes",
        "Small graphs have few labels and many features. A well-known net had 0.5; to drop edges "
        "is another way.",
        (12, 14),
        (0.5, 0.5),
        ("kipf2017",),
    ),
    Rule(
        {"model": (TASTE,)},
        "Stop earlier first; then compare 0.1 and 0.2 with 0",
        "Models of clicks were seen to get worse as soon as the second pass begins, and there "
        "dropout changed little.",
        (13,),
        (0.0, 0.2),
        ("zhang2022ctr",),
    ),
)
"""The main rules; the first that holds decides."""

_DIVIDE = "For honest probabilities, divide the logits by a temperature"
DOUBTS = (
    Rule(
        {"model": (DIFFUSION, ACTING)},
        "For doubt, compare the nets of several seeds",
        "Their spread is what the choice of the seed alone does.",
        (11,),
        sources=("lakshminarayanan2017",),
    ),
    Rule(
        {"model": (LINEAR,)},
        "For doubt, a linear model has error bars of its own",
        "Check the calibration of its probabilities; masks add nothing.",
        (11,),
    ),
    Rule(
        {"curves": (ONCE, UNDER), "model": QUESTIONS[0].answers},
        _DIVIDE,
        "Choose it on validation data. An ensemble of a few nets comes next. Passes with masks on "
        "need a net that was trained with them.",
        (11,),
        sources=("guo2017", "lakshminarayanan2017"),
        evidence=("doubt",),
    ),
    Rule(
        {},
        _DIVIDE,
        "Choose it on validation data. An ensemble of a few nets comes next. If the net was "
        "trained with dropout, you can also average passes with masks on; how far they spread "
        "depends on the rate that you chose.",
        (8, 11),
        sources=("guo2017", "lakshminarayanan2017", "gal2016"),
        evidence=("doubt",),
    ),
)
"""How to learn how sure a prediction is; the first that holds is added."""


def recommend(model=FULLY, curves=FEW, doubt="no"):
    """Return what the evidence says about dropout in a certain case.

    Parameters
    ----------
    model, curves, doubt : str
        One of the answers of the question of that name in `QUESTIONS`.

    Returns
    -------
    Recommendation
        A rate to start with, the advice, its reasons, its sources and where to read on.

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
    >>> recommend(curves="underfits").rate
    0.0
    >>> print(recommend("pretrained, LoRA"))  # doctest: +NORMALIZE_WHITESPACE
    Start with 0.05 on the input of the adapters. That is where this dropout sits; 0.1 was used for
    smaller models. A lower rank and fewer steps close a gap, too. See chapter 14.
    """
    given = {"model": model, "curves": curves, "doubt": doubt}
    for question in QUESTIONS:
        check.choice(given[question.name], question.name, question.answers)
    rule = next(rule for rule in RULES if rule.holds(given))
    unsure = next(rule for rule in DOUBTS if rule.holds(given)) if doubt == "yes" else None
    keys = (*(unsure.evidence if unsure else ()), *rule.evidence)
    fitting = (key for key in keys if model in EVIDENCE[key].models)
    return Recommendation(rule, unsure, next(fitting, None))
