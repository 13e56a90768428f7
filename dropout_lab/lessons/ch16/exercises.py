"""The checked exercises of chapter 16: the prior put right, and the threshold of a weighted net."""

from dropout_lab.teaching.exercise import Exercise, Mistake, Trial


def _count(promised, kept):
    """Return the share of frauds by counting: of 1,000 kept payments, and all that were dropped."""
    frauds = 1000 * promised
    return frauds / (frauds + (1000 - frauds) / kept)


def _threshold(look, loss, weight):
    """Return the promised probability at which an alert pays, by way of the true one."""
    odds = weight * look / (loss - look)
    return odds / (1 + odds)


EXERCISES = (
    Exercise(
        "true_chance(promised, kept) takes what a detector promises that saw all frauds and the "
        "share kept of the genuine payments, and returns the probability in the full stream.",
        Trial("half frauds, one genuine payment in ten kept", lambda: (0.5, 0.1), 1 / 11),
        Trial("0.2, one genuine payment in four kept", lambda: (0.2, 0.25), _count),
        Trial("nothing left out", lambda: (0.3, 1.0), 0.3),
        Mistake(
            lambda promised, kept: kept * promised,
            "Near 0 that is nearly right, but a sure fraud would become improbable. Multiply the "
            "odds, not the probability.",
        ),
        Mistake(
            lambda promised, kept: promised / (promised + kept * (1 - promised)),
            "The wrong way round: the full stream has more genuine payments, not fewer.",
        ),
        hint="Imagine 1,000 payments with that promise. How many genuine ones were left out?",
    ),
    Exercise(
        "alert_threshold(look, loss, weight) takes the euros of a look, the euros that a missed "
        "fraud loses, and the weight of a fraud in training; it returns the promised probability "
        "above which an alert pays.",
        Trial("5 euros, 100 euros, no weight", lambda: (5.0, 100.0, 1.0), 0.05),
        Trial("1 euro, 2 euros, weight 9", lambda: (1.0, 2.0, 9.0), 0.9),
        Trial("5 euros, 100 euros, weight 99", lambda: (5.0, 100.0, 99.0), _threshold),
        Mistake(
            lambda look, loss, weight: look / loss,
            "That is the true probability at which an alert pays. The detector promises more.",
        ),
        Mistake(
            lambda look, loss, weight: weight * look / loss,
            "A probability has no room for that: multiply the odds by the weight.",
        ),
        hint="First the true probability, then its odds, then the weight.",
    ),
)
