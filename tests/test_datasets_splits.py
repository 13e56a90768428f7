from itertools import pairwise

import numpy as np
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

    def test_a_class_too_rare_for_every_part_is_refused(self, rng, message_of):
        message = message_of(ValueError, stratified_split, np.array([0, 0, 0, 1]), HALVES, rng)
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
    @given(fractions(), st.lists(st.integers(0, 30), min_size=8, max_size=60), st.booleans())
    def test_the_past_comes_before_the_future(self, shares, times, ties):
        times = np.array(times if ties else np.argsort(times), float)
        try:
            parts = time_split(times, shares)
        except ValueError:
            assume(False)
        assert len(parts) == len(shares)
        np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(times)))
        for earlier, later in pairwise(parts):
            assert times[earlier].max() < times[later].min()
        for part, share in zip(parts, shares, strict=True):
            assert ties or abs(len(part) - share * len(times)) <= 1 + 1e-9
            assert np.all(np.diff(times[part]) >= 0)

    def test_ties_go_to_the_later_part_and_keep_their_order(self, rng):
        first, second = time_split(np.array([5, 1, 5, 5]), HALVES)
        assert (first.tolist(), second.tolist()) == ([1], [0, 2, 3])
        times = rng.permutation(np.repeat([1.0, 2.0], 200))
        for part, time in zip(time_split(times, HALVES), (1, 2), strict=True):
            np.testing.assert_array_equal(part, np.flatnonzero(times == time))


def test_too_few_times(message_of):
    for times in (np.full(3, 3.0), np.zeros(0), np.zeros(1)):
        message = message_of(ValueError, time_split, times, HALVES)
        assert message.startswith("times must have enough different values for 2")
