"""Figures of chapter 1: reliance and exam score, learning, the price, and scarce practice."""

from itertools import pairwise

import numpy as np

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import INK
from dropout_lab.lessons import kit

__all__ = ["learning_curves", "practice_scores", "price_of_absence", "reliance_and_scores"]


def reliance_and_scores(names, before, after, rates, scores, rate, absent=None):
    """Draw how much the group relies on each friend, and its exam score at every rate.

    Parameters
    ----------
    names : sequence of str
        The n friends; the first is the one the story is about.
    before, after : numpy.ndarray
        Shape (n,): shares of the weights without dropout, and with it at `rate`.
    rates : sequence of float
        The k rates of the score curves, `rate` among them.
    scores : mapping of (str or None) to numpy.ndarray
        Exam scores, shape (k,) each: under None with everyone there, under the name of the
        first friend and of one other with that friend absent.
    rate : float
        The rate to mark.
    absent : str, optional
        Who is absent: a key of `scores`. By default nobody.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, (top, bottom) = kit.panels(
        2, height=4.2, left=0.1, right=0.98, top=0.93, hspace=0.5, height_ratios=(1, 1.25)
    )
    bars = kit.paired_bars(top, np.arange(len(names)), before, after)
    ticks = list(names)
    if absent is not None:
        ill = names.index(absent)
        ticks[ill] = f"{absent} (ill)"
        for each in bars:
            each[ill].set(facecolor="none", edgecolor=kit.GRAY, linestyle="--", hatch=None)
    kit.categories(top, ticks)
    kit.scales(top, y=(0, 0.7), yticks=[0, 0.2, 0.4, 0.6], title="Share of the group's weight")
    both = (0.57, "without dropout"), (0.4, f"with dropout, rate {rate:.2f}")
    kit.paired_key(top, 1.55, 1.8, *both)

    first, other = (name for name in scores if name is not None)
    dashed, dotted = (0, (5, 1.5)), (0, (1.5, 1.5))
    looks = {None: (kit.ORANGE, "-"), other: (kit.ORANGE, dashed), first: (kit.GRAY, dotted)}
    for who, (color, line) in looks.items():
        bottom.plot(rates, scores[who], color=color, linestyle=line)
        bottom.plot(0, scores[who][0], "s", color=kit.BLUE, markersize=6, clip_on=False)
    now = list(rates).index(rate)
    bottom.plot(rate, 0.3, "^", color=INK, markersize=7, clip_on=False)
    kit.point(bottom, rate, scores[absent][now], "o", looks[absent][0], 9, clip_on=False)
    bottom.text(0.25, 0.945, "everyone there")
    bottom.text(0.35, 0.785, f"{other} ill", ha="right")
    bottom.text(0.25, 0.605, f"{first} ill")
    kit.scales(bottom, x=(-0.02, max(rates) + 0.02), y=(0.3, 1.03), yticks=[0.4, 0.6, 0.8, 1.0])
    bottom.set_title("Exam score after practice at each rate")
    bottom.set_xlabel("dropout rate during practice")
    who = "everyone there" if absent is None else f"{absent} ill"
    practice = f"After practice at rate {rate:.2f}" if rate else "Without dropout"
    versus = f", against {scores[absent][0]:.2f} without dropout" if rate else ""
    return describe(
        figure,
        f"{practice}, {after[0]:.0%} of the weight lies on {names[0]}; with {who} the group "
        f"scores {scores[absent][now]:.2f} at the exam{versus}.",
    )


def learning_curves(names, runs, targets, rate, rounds, done):
    """Draw the weights as they are learned, without dropout and with it, up to a round.

    Parameters
    ----------
    names : sequence of str
        The n friends; the first one's line is thick.
    runs : sequence of numpy.ndarray
        Two arrays of shape (S + 1, n): weights by round without and with dropout.
    targets : sequence of numpy.ndarray
        Two arrays of shape (n,): the weights that the two runs approach.
    rate : float
        The rate of the second run.
    rounds : sequence of int
        Where the explorer can stand, rising from 0 to at most S. Lines are drawn in pieces
        between them, so that frames share the pieces.
    done : int
        Draw up to here: one of `rounds`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, both = kit.panels(
        1, 2, height=2.9, left=0.12, top=0.9, bottom=0.17, wspace=0.12, sharey=True
    )
    looks = ("Without dropout", kit.BLUE), (f"With dropout, rate {rate:.1f}", kit.ORANGE)
    last = rounds[-1]
    for panel, run, target, (title, color) in zip(both, runs, targets, looks, strict=True):
        for goal in (target[0], target[-1]):
            panel.axhline(goal, **kit.TARGET)
        for start, stop in pairwise(rounds):
            if stop > done:
                break
            piece = np.unique(np.linspace(start, stop, 9).astype(int))
            gap = np.full((1, len(names) - 1), np.nan)
            others = np.vstack([run[piece, 1:], gap]).T.ravel()
            steps = np.tile(np.append(piece + 1.0, np.nan), len(names) - 1)
            panel.plot(steps, others, color=color, linewidth=0.8, alpha=0.75)
            panel.plot(piece + 1, run[piece, 0], color=color, linewidth=2.6)
        now = np.full(len(names) - 1, done + 1)
        panel.plot(now, run[done, 1:], "o", color=color, markersize=3)
        panel.plot(done + 1, run[done, 0], "o", color=color, markersize=7)
        ticks = {1 + past: str(past) for past in (0, 10, 100, last)}
        kit.scales(panel, x=(0.9, last + 200), y=(-0.03, 0.68), xticks=ticks, log="x", title=title)
        panel.set_xlabel("rounds of practice")
        panel.text(1.0, target[0] + 0.012, names[0])
        panel.text(60, target[-1] - 0.05, "the others")
    both[0].set_ylabel("weight")
    here = [f"{run[done, 0]:.2f} and {run[done, 1:].mean():.2f}" for run in runs]
    return describe(
        figure,
        f"After {done} rounds the weight of {names[0]} and the mean weight of the others "
        f"are {here[0]} without dropout, {here[1]} at rate {rate:.1f}.",
    )


def price_of_absence(rates, dropout_path, decay_path, rate, ceiling, name="Alex"):
    """Draw the score with one friend absent against the score with everyone there.

    Parameters
    ----------
    rates : sequence of float
        The k dropout rates, `rate` among them; weight decay uses the same numbers as penalty.
    dropout_path, decay_path : numpy.ndarray
        Shape (k, 2): score with everyone there, and with the friend absent.
    rate : float
        The rate and penalty to mark.
    ceiling : float
        The best score of a group that knows who will be absent.
    name : str, default "Alex"
        The absent friend.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = kit.panels(height=3.4, left=0.13, top=0.91, bottom=0.15)
    axes.axhline(ceiling, color=INK, linewidth=0.8, linestyle=(0, (1, 2)))
    axes.text(0.755, ceiling + 0.008, f"best possible without {name}: {ceiling:.2f}")
    axes.plot(*decay_path.T, color=INK, linestyle=(0, (5, 2)))
    axes.plot(*dropout_path.T, color=kit.ORANGE)
    axes.plot(*dropout_path[0], "s", color=kit.BLUE, markersize=8)
    axes.text(0.925, 0.525, "no dropout, no decay", ha="right")
    now = list(rates).index(rate)
    kit.point(axes, *decay_path[now], "D", "none")
    kit.point(axes, *dropout_path[now], "o", kit.ORANGE)
    axes.text(0.81, 0.605, "dropout")
    axes.text(0.885, 0.765, "weight decay", ha="right")
    kit.scales(axes, x=(0.75, 0.95), y=(0.5, 0.87), xticks=[0.75, 0.8, 0.85, 0.9, 0.95])
    axes.set(xlabel="exam score with everyone there", title=f"Exam score with {name} ill")
    pair = [f"{path[now][0]:.2f} and {path[now][1]:.2f}" for path in (dropout_path, decay_path)]
    return describe(
        figure,
        f"Dropout at rate {rate:.2f} scores {pair[0]} with everyone there and with {name} ill; "
        f"weight decay with penalty {rate:.2f} scores {pair[1]}.",
    )


def practice_scores(rates, scores, limit, count):
    """Draw exam scores with everyone there, after practice on a fixed set of questions.

    Parameters
    ----------
    rates : sequence of float
        The k rates.
    scores : numpy.ndarray
        Shape (groups, k): one row per practice set.
    limit : numpy.ndarray
        Shape (k,): the scores after unlimited practice.
    count : int
        Questions in a practice set.

    Returns
    -------
    matplotlib.figure.Figure
    """
    low, middle, high = np.quantile(scores, [0.1, 0.5, 0.9], axis=0)
    best = int(np.argmax(middle))
    figure, axes = kit.panels(height=3.0, left=0.12, top=0.9, bottom=0.165)
    axes.fill_between(rates, low, high, color=kit.ORANGE, alpha=0.25, linewidth=0)
    axes.plot(rates, limit, **{**kit.TARGET, "linewidth": 0.9})
    axes.plot(rates, middle, color=kit.ORANGE)
    axes.plot(0, middle[0], "s", color=kit.BLUE, markersize=8, clip_on=False)
    kit.point(axes, rates[best], middle[best], "o", kit.ORANGE, 9)
    axes.text(0.42, 0.93, "unlimited practice")
    axes.text(0.2, 0.38, "line: median; band: 8 of 10 groups")
    kit.scales(axes, x=(-0.02, 0.82), y=(0.3, 1.0), xlabel="dropout rate during practice")
    axes.set_title(f"Exam score, everyone there: {count} questions")
    most = f" and most, {middle[best]:.2f}, at rate {rates[best]:.1f}" if best else ", its best"
    return describe(
        figure,
        f"With {count} practice questions the typical group scores {middle[0]:.2f} without "
        f"dropout{most}; without dropout one group in ten stays below {low[0]:.2f}.",
    )
