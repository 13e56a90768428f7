"""Dropout on linear models against enumeration, scikit-learn and mathematics."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import LogisticRegression, Ridge

from dropout_lab.masks import all_masks
from dropout_lab.ridge import (
    confident_prices,
    dropout_prices,
    expected_loss,
    fit_logistic,
    logistic_penalty,
    ridge_weights,
    sampled_weights,
)
from dropout_lab.study_group import FRIENDS, practice_weights

RATES = (0.0, 0.1, 0.5, 0.9)
NUMBERS = st.floats(-5, 5, allow_subnormal=False)


def regression(n=30, d=4, seed=0):
    """Return correlated features of very different sizes, and noisy answers."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) * 10.0 ** np.arange(-1, d - 1)
    return x, x @ rng.normal(size=d) + rng.normal(size=n)


def classes(n=40, d=3, seed=0):
    """Return features and labels that no weights separate."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d))
    return x, (rng.random(n) < 1 / (1 + np.exp(-x.sum(axis=1)))).astype(int)


def listed(n, rate):
    """List masks and their probabilities, one entry at a time."""
    for mask in itertools.product((0, 1), repeat=n):
        yield np.array(mask), math.prod(1 - rate if kept else rate for kept in mask)


class TestDropoutPrices:
    def test_the_formula_on_paper(self):
        x = np.array([[3.0, 0.0], [4.0, -2.0]])
        np.testing.assert_allclose(dropout_prices(x, 0.2), [0.25 * 25, 0.25 * 4])
        np.testing.assert_allclose(dropout_prices(x, 0.9), [9 * 25, 9 * 4])

    @given(
        x=arrays(float, (3, 3), elements=NUMBERS),
        y=arrays(float, 3, elements=NUMBERS),
        w=arrays(float, 3, elements=NUMBERS),
        rate=st.floats(0, 0.95),
    )
    def test_they_are_what_dropout_adds_to_the_loss(self, x, y, w, rate):
        own_masks = 0.0  # each example with its own masks, as in training
        for mask, chance in listed(3, rate):
            own_masks += chance * np.sum((y - x @ (mask * w) / (1 - rate)) ** 2)
        formula = np.sum((y - x @ w) ** 2) + dropout_prices(x, rate) @ w**2
        assert own_masks == pytest.approx(formula, rel=1e-9, abs=1e-9)
        assert expected_loss(x, y, w, rate) == pytest.approx(formula, rel=1e-9, abs=1e-9)

    def test_it_makes_no_difference_whether_examples_share_their_masks(self):
        x, y = regression(2, 2)
        w, rate, total = np.array([1.5, -0.5]), 0.4, 0.0
        for masks in itertools.product(itertools.product((0, 1), repeat=2), repeat=2):
            masks = np.array(masks)
            chance = np.prod(np.where(masks == 1, 1 - rate, rate))
            total += chance * np.sum((y - (x * masks / (1 - rate)) @ w) ** 2)
        assert expected_loss(x, y, w, rate) == pytest.approx(total)


class TestRidgeWeights:
    @pytest.mark.parametrize("rate", RATES[1:])
    def test_dropout_is_scikit_learns_ridge_on_rescaled_features(self, rate):
        x, y = regression()
        size = np.sqrt(np.mean(x**2, axis=0))
        oracle = Ridge(alpha=len(x) * rate / (1 - rate), fit_intercept=False, solver="svd")
        expected = oracle.fit(x / size, y).coef_ / size
        np.testing.assert_allclose(ridge_weights(x, y, dropout_prices(x, rate)), expected)

    @pytest.mark.parametrize("price", [0.3, 20.0])
    def test_one_price_is_scikit_learns_ridge(self, price):
        x, y = regression()
        expected = Ridge(alpha=price, fit_intercept=False, solver="svd").fit(x, y).coef_
        np.testing.assert_allclose(ridge_weights(x, y, price), expected)

    @pytest.mark.parametrize("rate", RATES)
    def test_dropout_is_least_squares_on_all_masked_copies(self, rate):
        x, y = regression()
        rows, answers = [], []
        for mask, chance in listed(4, rate):
            rows.append(math.sqrt(chance) * x * mask / (1 - rate))
            answers.append(math.sqrt(chance) * y)
        expected = np.linalg.lstsq(np.vstack(rows), np.concatenate(answers), rcond=None)[0]
        found = ridge_weights(x, y, dropout_prices(x, rate))
        np.testing.assert_allclose(found, expected, rtol=1e-8)

    @pytest.mark.parametrize("rate", RATES)
    def test_it_agrees_with_the_study_group(self, rate):
        views, answers = FRIENDS.questions(12, np.random.default_rng(3))
        found = ridge_weights(views, answers, dropout_prices(views, rate))
        np.testing.assert_allclose(found, practice_weights(views, answers, rate), rtol=1e-9)

    @given(
        units=arrays(float, 4, elements=st.floats(0.01, 100)),
        rate=st.floats(0.01, 0.95),
    )
    def test_units_do_not_matter_to_dropout(self, units, rate):
        x, y = regression()
        before = ridge_weights(x, y, dropout_prices(x, rate))
        after = ridge_weights(x * units, y, dropout_prices(x * units, rate))
        np.testing.assert_allclose(after * units, before, rtol=1e-6)

    @pytest.mark.parametrize("rate", RATES)
    def test_uncorrelated_features_all_keep_the_same_share(self, rate):
        x = np.linalg.qr(regression()[0])[0] * [1.0, 10.0, 0.1, 3.0]
        y = regression()[1]
        found = ridge_weights(x, y, dropout_prices(x, rate))
        np.testing.assert_allclose(found, (1 - rate) * ridge_weights(x, y, 0.0))

    def test_what_has_no_unique_minimum_is_refused(self):
        x, y = np.ones((3, 2)), np.ones(3)
        with pytest.raises(ValueError, match="unique minimum"):
            ridge_weights(x, y, 0.0)
        np.testing.assert_allclose(ridge_weights(x, y, dropout_prices(x, 0.5)), [1 / 3, 1 / 3])

    @pytest.mark.parametrize("prices", [-1.0, np.inf, np.nan, np.array([1.0, -1.0])])
    def test_impossible_prices_are_refused(self, prices):
        with pytest.raises(ValueError, match="prices must be finite and not negative"):
            ridge_weights(np.eye(2), np.ones(2), prices)


class TestSampledWeights:
    def test_they_approach_the_closed_form_with_the_root_of_the_number(self):
        x, y = regression()
        x = x / x.std(axis=0)
        exact = ridge_weights(x, y, dropout_prices(x, 0.5))
        rng = np.random.default_rng(0)
        runs = np.array([sampled_weights(x, y, 0.5, [20, 320], rng) for _ in range(30)])
        few, many = np.sqrt(np.mean((runs - exact) ** 2, axis=(0, 2)))
        assert 2.5 < few / many < 6  # 4, the root of 16
        error = runs[:, 1].std(axis=0, ddof=1) / math.sqrt(30)
        assert np.all(np.abs(runs[:, 1].mean(axis=0) - exact) < 5 * error)

    def test_the_first_copies_serve_all_counts(self):
        x, y = regression()
        both = sampled_weights(x, y, 0.3, [9, 4], np.random.default_rng(1))
        alone = sampled_weights(x, y, 0.3, [4], np.random.default_rng(1))
        np.testing.assert_array_equal(both[1], alone[0])

    def test_without_dropout_every_copy_is_the_data(self):
        x, y = regression()
        found = sampled_weights(x, y, 0.0, [1, 3], np.random.default_rng(0))
        np.testing.assert_allclose(found, [ridge_weights(x, y, 0.0)] * 2)

    @pytest.mark.parametrize(("counts", "error"), [([0], ValueError), ([1.5], TypeError)])
    def test_counts_are_whole_numbers(self, counts, error):
        with pytest.raises(error, match="entry of counts"):
            sampled_weights(*regression(), 0.5, counts, np.random.default_rng(0))


class TestLogistic:
    @pytest.mark.parametrize("rate", RATES)
    def test_the_penalty_by_listing_each_mask_of_each_example(self, rate):
        x, _ = classes(5)
        w = np.array([1.0, -2.0, 3.0])
        total = 0.0
        for row in x:
            for mask, chance in listed(3, rate):
                total += chance * math.log1p(math.exp(row @ (mask * w) / (1 - rate)))
            total -= math.log1p(math.exp(row @ w))
        assert logistic_penalty(x, w, rate) == pytest.approx(total, abs=1e-12)

    @given(w=arrays(float, 3, elements=NUMBERS), rate=st.floats(0, 0.95))
    def test_the_penalty_is_never_negative(self, w, rate):
        assert logistic_penalty(classes(5)[0], w, rate) >= -1e-12  # by Jensen's inequality

    @given(z=st.floats(0, 50), rate=st.floats(0, 0.95))
    def test_a_feature_alone_pays_at_most_the_rate_times_log_two(self, z, rate):
        one = np.ones((1, 1))
        paid = logistic_penalty(one, np.array([z]), rate)
        assert paid <= rate * math.log(2) + 1e-12
        assert paid == pytest.approx(logistic_penalty(one, np.array([-z]), rate), abs=1e-12)

    def test_the_approximation_is_right_to_second_order(self):
        x, _ = classes()
        w = np.array([0.5, -1.0, 0.25])
        gaps = []
        for size in (1e-1, 1e-2):
            exact = logistic_penalty(x, size * w, 0.3)
            near = confident_prices(x, size * w, 0.3) @ (size * w) ** 2
            gaps.append(abs(near / exact - 1))
        assert gaps[0] < 0.02
        assert gaps[1] < gaps[0] / 50  # the relative error falls with the square of the size

    def test_prices_on_paper(self):
        x, w = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([math.log(3), 0.0])
        # p is 3/4 in the first row and 1/2 in the second; the odds of rate 0.2 are 1/4
        np.testing.assert_allclose(confident_prices(x, w, 0.2), [3 / 16 / 8, 4 / 4 / 8])

    @pytest.mark.parametrize("price", [0.05, 2.0])
    def test_weight_decay_is_scikit_learns(self, price):
        x, labels = classes()
        oracle = LogisticRegression(C=1 / (2 * price), fit_intercept=False, tol=1e-10)
        expected = oracle.fit(x, labels).coef_[0]
        np.testing.assert_allclose(fit_logistic(x, labels, price=price), expected, rtol=1e-5)

    @pytest.mark.parametrize("rate", [0.0, 0.3, 0.8])
    def test_dropout_is_scikit_learns_fit_to_all_masked_copies(self, rate):
        x, labels = classes()
        masks, chances = all_masks(3, rate)
        rows = np.vstack([x * mask / (1 - rate) for mask in masks])
        # A price so small that it does not matter stands for none.
        oracle = LogisticRegression(C=1e10, fit_intercept=False, tol=1e-10, max_iter=1000)
        oracle.fit(rows, np.tile(labels, len(masks)), sample_weight=np.repeat(chances, len(x)))
        found = fit_logistic(x, labels, rate=rate)
        np.testing.assert_allclose(found, oracle.coef_[0], rtol=1e-4)

    def test_separable_classes_have_no_minimum(self):
        x, labels = np.array([[1.0], [-1.0]]), np.array([1, 0])
        with pytest.raises(RuntimeError, match="separate"):
            fit_logistic(x, labels)
        assert fit_logistic(x, labels, price=0.1)[0] > 0

    @pytest.mark.parametrize("labels", [np.array([1, 2]), np.array([0.5, 1.0])])
    def test_labels_are_zero_or_one(self, labels):
        with pytest.raises(ValueError, match="labels must be 0 or 1"):
            fit_logistic(np.eye(2), labels)

    @pytest.mark.parametrize("price", [-1.0, math.inf, math.nan])
    def test_impossible_prices_are_refused(self, price):
        with pytest.raises(ValueError, match="price must be finite and at least 0"):
            fit_logistic(*classes(), price=price)


X, Y, W = np.eye(2), np.ones(2), np.ones(2)
RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "call",
    [
        lambda rate: dropout_prices(X, rate),
        lambda rate: sampled_weights(X, Y, rate, [1], np.random.default_rng(0)),
        lambda rate: expected_loss(X, Y, W, rate),
        lambda rate: logistic_penalty(X, W, rate),
        lambda rate: confident_prices(X, W, rate),
        lambda rate: fit_logistic(X, Y, rate=rate),
    ],
)
def test_rates_outside_the_range_are_refused(call):
    for rate in (1.0, -0.1, math.nan):
        with pytest.raises(ValueError, match="rate must"):
            call(rate)
    with pytest.raises(TypeError, match="rate must be a real number"):
        call("0.5")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: dropout_prices([[1.0]], 0.5), TypeError, "x must be a numpy.ndarray"),
        (lambda: dropout_prices(np.ones(3), 0.5), ValueError, r"x must have shape \(n, d\)"),
        (lambda: dropout_prices(np.ones((0, 3)), 0.5), ValueError, r"x must have shape \(n, d\)"),
        (lambda: ridge_weights(X, np.ones(3), 1.0), ValueError, r"y must have shape \(2,\)"),
        (lambda: expected_loss(X, Y, np.ones(3), 0.5), ValueError, r"weights must have shape"),
        (lambda: confident_prices(X, np.ones(3), 0.5), ValueError, r"weights must have shape"),
        (lambda: sampled_weights(X, Y, 0.5, [1], 0), TypeError, "rng must be"),
        (lambda: sampled_weights(X, Y, 0.5, [], RNG), ValueError, "counts must hold at least one"),
        (lambda: sampled_weights(X, Y, 0.5, 3, RNG), TypeError, "counts must be a sequence"),
        (lambda: sampled_weights(X * np.nan, Y, 0.5, [1], RNG), ValueError, "x must be finite"),
        (lambda: ridge_weights(X, Y * np.inf, 1.0), ValueError, "y must be finite, got inf"),
        (lambda: ridge_weights(X, Y, "1"), TypeError, "prices must hold"),
        (lambda: ridge_weights(X, Y, [1.0, 2.0, 3.0]), ValueError, "prices must be one number or"),
        (lambda: dropout_prices(X * np.nan, 0.5), ValueError, "x must be finite, got nan"),
        (lambda: logistic_penalty(X, W * np.nan, 0.5), ValueError, "weights must be finite"),
        (lambda: fit_logistic(X, Y * np.nan), ValueError, "labels must be finite"),
        (lambda: fit_logistic(X, Y, price="1"), TypeError, "price must be a real number"),
    ],
)
def test_arguments_are_checked(call, error, message):
    with pytest.raises(error, match=message):
        call()
