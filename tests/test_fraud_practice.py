"""What chapter 16 computes: by brute force, by enumeration, against PyTorch and SciPy."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit
from sklearn.metrics import average_precision_score
from torch.nn import functional

from dropout_lab.lessons.ch16 import losses, stream
from dropout_lab.lessons.ch16 import sweeps as practice
from dropout_lab.sweeps import load_results
from dropout_lab.sweeps.results import Results

# --- losses ------------------------------------------------------------------------------------


@pytest.mark.proves("Weights, undersampling and focal loss are undone by formula", chapter=16)
@given(
    truth=st.floats(-5, 5),
    weight=st.sampled_from([1.0, 7.0, 60.0]),
    kept=st.sampled_from([1.0, 0.1]),
    gamma=st.sampled_from([0.0, 0.5, 2.0, 5.0]),
)
def test_the_lowest_mean_loss_is_put_right_by_formula(truth, weight, kept, gamma):
    share = expit(truth)
    frauds, genuine = torch.tensor([1.0]).double(), torch.tensor([0.0]).double()

    def mean_loss(log_odds):
        z = torch.tensor([log_odds]).double()
        one, other = (losses.loss_of(z, y, weight, gamma).item() for y in (frauds, genuine))
        return share * one + (1 - share) * kept * other

    # Per payment of the stream: all frauds, and the share of genuine ones that is kept.
    lowest = minimize_scalar(
        mean_loss, bounds=(-14, 14), method="bounded", options={"xatol": 1e-9}
    ).x
    back = losses.corrected(lowest, weight=weight, kept=kept, gamma=gamma)
    assert back == pytest.approx(truth, abs=2e-3)


def test_the_loss_is_that_of_pytorch_and_of_its_formula(rng):
    z, labels = torch.from_numpy(rng.normal(0, 3, 40)), torch.from_numpy(rng.integers(0, 2, 40))
    labels = labels.double()
    theirs = functional.binary_cross_entropy_with_logits(
        z, labels, pos_weight=torch.tensor(9.0).double()
    )
    assert losses.loss_of(z, labels, 9.0, 0.0).item() == pytest.approx(theirs.item())
    q = expit(z.numpy())
    right = np.where(labels.numpy() == 1, q, 1 - q)
    focal = np.mean(np.where(labels.numpy() == 1, 4.0, 1.0) * (1 - right) ** 2 * -np.log(right))
    assert losses.loss_of(z, labels, 4.0, 2.0).item() == pytest.approx(focal)


def test_the_prior_is_put_back_as_counted():
    # 30 frauds and 570 genuine payments look alike; one genuine in ten is kept: 30 of 87.
    assert losses.chance(losses.corrected(np.log(30 / 57), kept=0.1)) == pytest.approx(30 / 600)
    found = losses.settings(np.array([1, 0, 0, 0]), weight="balanced")
    assert found == {"weight": 3.0, "kept": 1.0, "gamma": 0.0}


def test_recalibration_is_the_best_line(rng):
    known = rng.normal(-2, 2, 800)
    labels = (rng.random(800) < expit(0.5 * known + 1)).astype(int)

    def loss(line):
        odds = line[0] * known + line[1]
        return np.mean(np.logaddexp(0, odds) - labels * odds)

    slope, shift = minimize(loss, [1.0, 0.0]).x
    found = losses.recalibrated(known, labels, np.array([0.0, 1.0]))
    np.testing.assert_allclose(found, [shift, slope + shift], atol=1e-3)


def test_undersampling_keeps_all_frauds_and_a_share_of_the_rest(rng, monkeypatch):
    x = rng.normal(size=(3000, 3))
    labels = (rng.random(3000) < 0.05).astype(np.uint8)
    seen, real = [], losses.loss_of
    monkeypatch.setattr(losses, "loss_of", lambda z, y, *how: seen.append(y) or real(z, y, *how))
    net = losses.train_net((x, labels), (x, labels), rate=0.5, seed=0, kept=0.2, epochs=1)
    rows = torch.cat(seen).numpy()
    assert rows.sum() == labels.sum()
    genuine = 3000 - labels.sum()
    assert (rows == 0).sum() == pytest.approx(0.2 * genuine, abs=5 * (0.16 * genuine) ** 0.5)
    assert not net.training


def test_training_returns_to_the_best_epoch(rng, monkeypatch):
    x, labels = rng.normal(size=(400, 20)), (rng.random(400) < 0.3).astype(np.uint8)  # noise
    held, seen, real = (x[200:], labels[200:]), [], losses.log_odds_of
    monkeypatch.setattr(losses, "log_odds_of", lambda *of: seen.append(real(*of)) or seen[-1])
    net = losses.train_net(
        (x[:200], labels[:200]), held, rate=0.0, seed=1, weight=5.0, epochs=150, patience=40
    )

    def loss(odds):
        odds = odds - np.log(5)
        return np.mean(np.logaddexp(0, odds) - held[1] * odds)

    judged = [loss(odds) for odds in seen]
    assert len(judged) == np.argmin(judged) + 41  # so many more in vain
    assert loss(real(net, held[0])) == min(judged)


# --- simulated weeks -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def weeks():
    return stream.make_stream(np.random.default_rng(0), cards=60, terminals=150)


def test_payments_follow_the_rules_of_fraud():
    day, _, terminal, _, amount, labels = stream.make_stream(
        np.random.default_rng(1), cards=1500, terminals=1000, days=60
    )
    assert (labels[amount > 220] == 1).all()
    assert np.abs(np.bincount(day) / (1500 * 2) - 1).max() < 0.15  # Poisson, mean 2 on average
    # Terminals that are broken on each of three late days, where every payment is a fraud: a new
    # one a day since 25 days before, but for terminals that broke twice.
    late = (day >= 50) & (day < 53) & (amount < 100)
    places = np.unique(terminal[late])
    broken = places[[labels[late & (terminal == t)].all() for t in places]]
    assert 22 <= len(broken) <= 28
    # Elsewhere 14 of 1,500 cards are misused, in a third of their payments: 28 of 9,000.
    elsewhere = (day >= 50) & (day < 53) & ~np.isin(terminal, broken)
    assert 10 <= labels[elsewhere].sum() <= 56


def test_inputs_by_looking_at_each_payment(weeks):
    day, card, terminal, hour, amount, labels = weeks
    for delay in (0, 7):
        x = stream.inputs(weeks, delay, windows=(1, 30))
        for row in np.random.default_rng(2).integers(len(day), size=60):
            expected = [np.log1p(amount[row]), day[row] % 7 >= 5, hour[row] <= 6]
            for days in (1, 30):
                own = (card == card[row]) & (day < day[row]) & (day >= day[row] - days)
                mean = amount[own].mean() if own.any() else 0
                expected += [own.sum(), np.log1p(mean)]
            for days in (1, 30):
                last = day[row] - delay
                there = (terminal == terminal[row]) & (day < last) & (day >= last - days)
                expected += [there.sum(), labels[there].mean() if there.any() else 0]
            np.testing.assert_allclose(x[row], expected)


@pytest.mark.proves("With a delay no input knows a label of the last seven days", chapter=16)
def test_no_input_knows_a_label_that_is_not_there_yet(weeks):
    today = 60
    recent = (weeks.day >= today - 7).astype(np.uint8)
    other = weeks._replace(labels=weeks.labels ^ recent)
    rows = weeks.day == today
    for delay, same in ((7, True), (0, False)):
        one, two = (stream.inputs(each, delay)[rows] for each in (weeks, other))
        assert np.array_equal(one, two) is same


@pytest.mark.parametrize("protocol", ["earlier", "later", "random"])
def test_a_split_tests_each_payment_of_a_week_once(weeks, protocol):
    folds = stream.split_weeks(weeks, protocol, np.random.default_rng(5))
    tested = np.concatenate([test for _, test in folds])
    week = stream.TRAIN if protocol == "earlier" else stream.TEST
    assert sorted(tested) == np.flatnonzero(np.isin(weeks.day, week)).tolist()
    for train, test in folds:
        assert not np.intersect1d(train, test).size
        days = set(weeks.day[train].tolist())
        if protocol == "random":
            assert days == {*stream.TRAIN, *stream.TEST}
            both = np.isin(weeks.day, [*stream.TRAIN, *stream.TEST])
            assert weeks.labels[train].sum() == pytest.approx(weeks.labels[both].sum() / 2, abs=1)
        else:
            assert max(days) == weeks.day[test].min() - 8  # a week lies between


def brute_card_precision(day, card, labels, scores, k, skip):
    blocked, found = set(), []
    for today in sorted(set(day.tolist())):
        worst = {}
        for row in np.flatnonzero(day == today):
            c = int(card[row])
            if c not in blocked and c not in skip.get(today, ()):
                score, bad = worst.get(c, (-np.inf, 0))
                worst[c] = max(score, scores[row]), max(bad, labels[row])
        top = sorted(worst, key=lambda c: -worst[c][0])[:k]
        caught = [c for c in top if worst[c][1]]
        blocked |= set(caught)
        found.append(len(caught) / k)
    return np.mean(found)


@given(seed=st.integers(0, 2**32), k=st.integers(1, 12))
@settings(max_examples=30)
def test_card_precision_by_looking_at_each_card(seed, k):
    rng = np.random.default_rng(seed)
    day, card = rng.integers(3, 6, 80), rng.integers(0, 15, 80)
    labels, scores = (rng.random(80) < 0.3).astype(int), rng.permutation(80).astype(float)
    skip = {today: rng.integers(0, 15, 3) for today in (3, 4, 5)}
    for known in (skip, {}):
        found = stream.card_precision(day, card, labels, scores, k, skip=known or None)
        assert found == pytest.approx(brute_card_precision(day, card, labels, scores, k, known))


def test_known_cards_had_a_fraud_more_than_a_week_ago(weeks):
    known = stream.known_cards(weeks)
    assert list(known) == list(stream.TEST)
    for today, cards in known.items():
        old = (weeks.labels == 1) & (weeks.day >= stream.TRAIN[0]) & (weeks.day + 7 < today)
        assert set(cards.tolist()) == set(weeks.card[old].tolist())


# --- what is stored ------------------------------------------------------------------------------


def test_the_setting_best_on_validation_is_tested(monkeypatch, rng):
    x = rng.normal(size=(900, 2))
    tells = x[np.arange(900), np.arange(900) // 600]  # another column in the test than before
    labels = (tells + rng.normal(size=900) > 1.5).astype(np.uint8)
    sets = [(x[rows], labels[rows]) for rows in np.split(np.arange(900), 3)]
    monkeypatch.setattr(practice, "_card_sets", lambda: sets)
    cards = SimpleNamespace(labels=labels, is_subset=False)
    monkeypatch.setattr(practice.cards, "_cards", lambda: cards)
    scores = {C: rng.normal(size=2) for C in practice.TRIALS["logistic regression"]["C"]}
    monkeypatch.setattr(
        practice, "_fitted", lambda model, place, how, *rest: lambda x: x @ scores[how["C"]]
    )
    found = practice._run_baselines("logistic regression", "none", 0)
    judged = [average_precision_score(sets[1][1], sets[1][0] @ s) for s in scores.values()]
    at = int(np.argmax(judged))
    assert found["chosen"] // 2 == at  # each C stands twice, with and without class weights
    best = average_precision_score(sets[2][1], sets[2][0] @ list(scores.values())[at])
    assert found["average_precision"] == pytest.approx(best)
    assert max(found["every_test"]) > best + 0.01  # which nobody may choose


def test_each_detector_has_as_many_trials():
    counts = {n: np.prod([len(v) for v in axes.values()]) for n, axes in practice.TRIALS.items()}
    assert set(counts.values()) == {8}
    assert {len(v) for axes in practice.WEEK_TRIALS.values() for v in axes.values()} == {3}


def test_a_gain_counts_seeds_and_rows():
    rng = np.random.default_rng(0)
    shared = rng.normal(0, 0.03, 100)  # luck of the rows, the same for both detectors

    def cell(model, seed, lead, own):
        value = 0.8 + lead + 0.01 * seed
        return {
            "parameters": {"model": model, "seed": seed},
            "values": {"average_precision": value, "resampled": value + shared + own},
        }

    zeros, own = np.zeros(100), rng.normal(0, 0.01, 100)
    cells = [cell("a", s, 0.05, own) for s in (0, 1)] + [cell("b", s, 0.0, zeros) for s in (0, 1)]
    found = Results("toy", "", "", [0, 1], {}, 0.0, cells)
    mean, half = practice.gain_over(found, {"model": "a"}, {"model": "b"})
    assert mean == pytest.approx(0.05)
    assert half == pytest.approx(1.96 * own.std(ddof=1))  # the seeds agree, the rows do not


def test_stored_baselines_were_chosen_on_validation():
    for cell in load_results("fraud-baselines").cells:
        values = cell["values"]
        assert values["validation"][values["chosen"]] == max(values["validation"])
        assert values["average_precision"] == values["every_test"][values["chosen"]]


def test_gains_for_the_decision_page():
    results = load_results("fraud-baselines")
    rows = practice.practice_gains(results)
    assert [row[0] for row in rows] == [n for n in practice.TRIALS if n != "net, no dropout"]
    assert [row[3] for row in rows] == [False] * 3 + [True] * 2
    plain = {"model": "net, no dropout", "dropout": "none", "seed": results.seeds}
    for name, mean, half, dropout in rows:
        place = {"hidden": "hidden units", "input": "inputs"}.get(name.split()[1], "none")
        assert (place != "none") is dropout
        own = {"model": name, "dropout": place, "seed": results.seeds}
        one, other = (results.array("average_precision", **w).mean() for w in (own, plain))
        assert mean == pytest.approx(100 * (one - other), abs=1e-6)
        assert half > 0
