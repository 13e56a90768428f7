"""The study group against enumeration, simulation, torch and the algebra of chapter 1."""

import numpy as np
import pytest

from dropout_lab import sample_mask
from dropout_lab.masks import all_masks
from dropout_lab.study_group import (
    FRIENDS,
    StudyGroup,
    best_weights,
    decay_weights,
    practice_weights,
    reliance,
    train,
    weights_for_masks,
)

MIXED = StudyGroup(["Alex", "Bo", "Cleo"], [0.4, 0.9, 1.3])


def second_moments(group):
    """C = 11' + diag(sigma**2), written out again."""
    n = len(group.names)
    return np.ones((n, n)) + np.diag(np.array(group.sigmas) ** 2)


def mean_gradient(group, weights, masks, chances):
    """Half the gradient of the expected loss, by adding up all masks with their probability."""
    total = np.zeros(len(weights))
    for mask, chance in zip(masks, chances, strict=True):
        scaled = mask / (chances @ masks)
        total += chance * (second_moments(group) * np.outer(scaled, scaled) @ weights - scaled)
    return total


def test_views_have_the_stated_moments():
    count = 50_000
    views, answers = MIXED.questions(count, np.random.default_rng(0))
    assert (views.shape, answers.shape) == ((count, 3), (count,))
    joint = np.column_stack([answers, views])
    expected = np.ones((4, 4)) + np.diag([0.0, 0.16, 0.81, 1.69])
    np.testing.assert_allclose(MIXED.covariance, expected[1:, 1:])
    products = joint[:, :, None] * joint[:, None, :]
    error = products.std(axis=0) / np.sqrt(count)
    assert np.all(np.abs(products.mean(axis=0) - expected) < 5 * error)


def test_a_group_given_in_lists_can_be_compared_and_hashed():
    assert hash(MIXED) == hash(StudyGroup(("Alex", "Bo", "Cleo"), (0.4, 0.9, 1.3)))
    assert StudyGroup(("a",), (1,)) == StudyGroup(["a"], [1.0])


@pytest.mark.parametrize("group", [FRIENDS, MIXED])
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.85, 0.99])
def test_the_best_weights_leave_no_slope_when_all_masks_are_added_up(group, rate):
    masks, chances = all_masks(len(group.names), rate)
    slope = mean_gradient(group, best_weights(group, rate), masks, chances)
    np.testing.assert_allclose(slope, 0, atol=1e-12)
    np.testing.assert_array_equal(best_weights(group, 1), 0)


def test_the_best_weights_for_unequal_masks_leave_no_slope_either():
    masks = np.random.default_rng(0).random((12, 3)) < [0.3, 0.5, 0.9]
    slope = mean_gradient(MIXED, weights_for_masks(MIXED, masks), masks, np.full(12, 1 / 12))
    np.testing.assert_allclose(slope, 0, atol=1e-12)


def test_decay_is_plain_ridge():
    ridge = np.linalg.solve(second_moments(MIXED) + 0.7 * np.eye(3), np.ones(3))
    np.testing.assert_allclose(decay_weights(MIXED, 0.7), ridge)


def test_training_follows_the_slope_of_half_the_mean_squared_error():
    learned = train(MIXED, 0.4, 4, np.random.default_rng(5), questions=7, step=0.3)
    rng, weights = np.random.default_rng(5), np.zeros(3)
    assert learned.shape == (5, 3)
    assert not learned[0].any()
    for row in learned[1:]:
        views, answers = MIXED.questions(7, rng)
        mask = sample_mask((7, 3), 0.4, rng)  # a coin for each friend at each question
        slopes = [(h @ weights - y) * h for h, y in zip(views * mask / 0.6, answers, strict=True)]
        weights = weights - 0.3 * np.mean(slopes, axis=0)
        np.testing.assert_allclose(row, weights, rtol=1e-10, atol=1e-12)


@pytest.mark.proves(
    "At step 0.1 the group's weights settle at rate 0.5 and blow up at rate 0.9", chapter=1
)
def test_a_high_rate_asks_for_a_smaller_step():
    limits = {}
    for rate in (0.0, 0.5, 0.9):
        moments = second_moments(FRIENDS)
        moments = moments + rate / (1 - rate) * np.diag(np.diag(moments))
        limits[rate] = 2 / np.linalg.eigvalsh(moments).max()
    assert [round(2 / limits[rate], 1) for rate in (0.0, 0.9)] == [6.9, 24.4]
    assert limits[0.9] < 0.1 < limits[0.5]
    settled, wild = (
        np.abs(train(FRIENDS, rate, 800, np.random.default_rng(0), step=0.1)[-1]).max()
        for rate in (0.5, 0.9)
    )
    assert settled < 1
    assert wild > 1e10


def test_practice_leaves_no_slope_when_all_masks_are_added_up():
    rng = np.random.default_rng(4)
    views, answers, rate = rng.standard_normal((3, 2)), rng.standard_normal(3), 0.3
    weights = practice_weights(views, answers, rate)
    slope = np.zeros(2)
    for mask, probability in zip(*all_masks(6, rate), strict=True):
        heard = views * mask.reshape(3, 2) / 0.7
        slope += probability * heard.T @ (answers - heard @ weights)
    np.testing.assert_allclose(slope, 0, atol=1e-12)
    # Too few questions give the shortest solution, and those that nobody hears none.
    views, answers = FRIENDS.questions(4, np.random.default_rng(1))
    shortest = np.linalg.pinv(views) @ answers
    np.testing.assert_allclose(practice_weights(views, answers, 0.0), shortest)
    np.testing.assert_array_equal(practice_weights(views, answers, 1.0), np.zeros(6))


def test_reliance_is_a_share_of_sizes():
    weights = np.array([9.0, 1, -1, 1, 1, 1])
    np.testing.assert_allclose(reliance(weights), np.abs(weights) / 14)
