from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dropout_lab.data import stratified_split, time_split

HALVES = (0.5, 0.5)


@st.composite
def fractions(draw):
    weights = draw(st.lists(st.integers(1, 9), min_size=2, max_size=4))
    return tuple(weight / sum(weights) for weight in weights)


class TestStratified:
    @given(fractions(), st.lists(st.integers(20, 60), min_size=1, max_size=3), st.integers(0, 99))
    def test_every_part_has_its_share_of_every_class(self, shares, counts, seed):
        labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
        parts, same = (
            stratified_split(labels, shares, np.random.default_rng(seed)) for _ in range(2)
        )
        np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(labels)))
        for part, again, share in zip(parts, same, shares, strict=True):
            np.testing.assert_array_equal(part, again)
            assert np.all(np.diff(part) > 0)
            found = np.bincount(labels[part], minlength=len(counts))
            assert np.all(np.abs(found - share * np.array(counts)) <= 1 + 1e-9)

    def test_rare_frauds_are_spread(self, rng, message_of):
        labels = np.zeros(10_000, np.uint8)
        labels[rng.choice(10_000, 20, replace=False)] = 1
        parts = stratified_split(labels, (0.6, 0.2, 0.2), rng)
        assert [len(part) for part in parts] == [6000, 2000, 2000]
        assert [int(labels[part].sum()) for part in parts] == [12, 4, 4]
        labels = np.array([0, 0, 0, 0, 1])
        message = message_of(ValueError, stratified_split, labels, HALVES, rng)
        assert "class 1" in message
        assert "got 1" in message

    def test_everybody_can_end_up_anywhere(self, rng):
        labels = np.repeat([0, 1], 10)
        runs = 2000
        chosen = np.zeros(20)
        for _ in range(runs):
            chosen[stratified_split(labels, (0.3, 0.7), rng)[0]] += 1
        error = np.sqrt(0.3 * 0.7 / runs)
        assert np.abs(chosen / runs - 0.3).max() < 4.5 * error


class TestTime:
    @given(fractions(), st.lists(st.integers(0, 30), min_size=8, max_size=60))
    def test_the_past_comes_before_the_future(self, shares, times):
        times = np.array(times, float)
        try:
            parts = time_split(times, shares)
        except ValueError:
            assume(False)
        assert len(parts) == len(shares)
        np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(times)))
        for earlier, later in pairwise(parts):
            assert times[earlier].max() < times[later].min()

    @given(fractions(), st.integers(40, 90), st.integers(0, 99))
    def test_sizes_without_ties(self, shares, count, seed):
        times = np.random.default_rng(seed).permutation(count).astype(float)
        for part, share in zip(time_split(times, shares), shares, strict=True):
            assert abs(len(part) - share * count) <= 1 + 1e-9
            assert np.all(np.diff(times[part]) > 0)

    def test_ties_go_to_the_later_part_and_keep_their_order(self, rng):
        first, second = time_split(np.array([5, 1, 5, 5]), HALVES)
        assert (first.tolist(), second.tolist()) == ([1], [0, 2, 3])
        times = rng.permutation(np.repeat([1.0, 2.0], 200))
        for part, time in zip(time_split(times, HALVES), (1, 2), strict=True):
            np.testing.assert_array_equal(part, np.flatnonzero(times == time))


@pytest.mark.parametrize(
    ("split", "values", "error", "words"),
    [
        (stratified_split, [0, 1], TypeError, "labels must"),
        (stratified_split, np.array([0.0, 1.0]), TypeError, "labels must"),
        (stratified_split, np.zeros((2, 2), int), ValueError, "labels must"),
        (stratified_split, np.zeros(0, int), ValueError, "labels must"),
        (time_split, [1.0, 2.0], TypeError, "times must"),
        (time_split, np.array(["a", "b"]), TypeError, "times must"),
        (time_split, np.ones((2, 2)), ValueError, "times must"),
        (time_split, np.array([1.0, np.nan]), ValueError, "times must be finite"),
        (time_split, np.full(3, 3.0), ValueError, "times must have enough different values for 2"),
        (time_split, np.zeros(0), ValueError, "times must have enough different values for 2"),
        (time_split, np.zeros(1), ValueError, "times must have enough different values for 2"),
    ],
)
def test_bad_labels_and_times(split, values, error, words, rng, message_of):
    arguments = [rng] if split is stratified_split else []
    assert message_of(error, split, values, HALVES, *arguments).startswith(words)


@pytest.mark.parametrize(
    ("shares", "error"),
    [
        (0.5, TypeError),
        ("half", TypeError),
        (("a", "b"), TypeError),
        ((True, 0.0), TypeError),
        ((np.timedelta64(1, "s"), 0.5), TypeError),
        ((1.0,), ValueError),
        ((0.5, 0.6), ValueError),
        ((0.5, 0.4), ValueError),
        ((1.5, -0.5), ValueError),
        ((1.0, 0.0), ValueError),
        ((float("nan"), 0.5), ValueError),
    ],
)
def test_bad_fractions(shares, error, rng, message_of):
    labels = np.repeat([0, 1], 10)
    for call in (
        lambda: stratified_split(labels, shares, rng),
        lambda: time_split(np.arange(20.0), shares),
    ):
        message = message_of(error, call)
        assert message.startswith("fractions must be")
        assert repr(shares) in message
    assert "rng" in message_of(TypeError, stratified_split, labels, HALVES, 0)
