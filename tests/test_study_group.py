"""The study group against enumeration, simulation, torch and the algebra of chapter 1."""

from itertools import product

import numpy as np
import pytest

from dropout_lab import sample_mask
from dropout_lab.study_group import (
    FRIENDS,
    StudyGroup,
    best_weights,
    decay_weights,
    effective_friends,
    exam_score,
    practice_weights,
    reliance,
    train,
    weights_for_masks,
)

MIXED = StudyGroup(("Alex", "Bo", "Cleo"), (0.4, 0.9, 1.3))
ALL_MASKS = np.array(list(product([False, True], repeat=6)))


def second_moments(group):
    """C = 11' + diag(sigma**2), written out again."""
    n = len(group.names)
    return np.ones((n, n)) + np.diag(np.array(group.sigmas) ** 2)


def mean_gradient(group, weights, rate):
    """Half the gradient of the expected loss, by adding up all masks with their probability."""
    total = np.zeros(len(weights))
    for mask in product([0, 1], repeat=len(weights)):
        probability = (1 - rate) ** sum(mask) * rate ** (len(mask) - sum(mask))
        scaled = np.array(mask) / (1 - rate)
        heard = second_moments(group) * np.outer(scaled, scaled)
        total += probability * (heard @ weights - scaled)
    return total


class TestStudyGroup:
    def test_views_have_the_stated_moments(self):
        count = 200_000
        views, answers = MIXED.questions(count, np.random.default_rng(0))
        assert views.shape == (count, 3)
        assert answers.shape == (count,)
        joint = np.column_stack([answers, views])
        expected = np.ones((4, 4)) + np.diag([0.0, 0.16, 0.81, 1.69])
        products = joint[:, :, None] * joint[:, None, :]
        error = products.std(axis=0) / np.sqrt(count)
        assert np.all(np.abs(products.mean(axis=0) - expected) < 5 * error)

    def test_covariance(self):
        np.testing.assert_allclose(MIXED.covariance, second_moments(MIXED), rtol=1e-15)

    def test_questions_depend_only_on_the_generator(self):
        one, other = (FRIENDS.questions(5, np.random.default_rng(3)) for _ in range(2))
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])

    def test_lists_are_frozen(self):
        group = StudyGroup(["a", "b"], [1, 2])
        assert group.names == ("a", "b")
        assert group.sigmas == (1.0, 2.0)
        assert group == StudyGroup(("a", "b"), (1.0, 2.0))

    @pytest.mark.parametrize(
        ("names", "sigmas", "error", "part"),
        [
            ("ab", (1, 1), TypeError, "names"),
            ((1, 2), (1, 1), TypeError, "names"),
            ((), (), ValueError, "names"),
            (("a", "a"), (1, 1), ValueError, "names"),
            (("a", "b"), (1,), ValueError, "sigmas"),
            (("a", "b"), (1, 0), ValueError, "sigmas"),
            (("a", "b"), (1, -1), ValueError, "sigmas"),
            (("a", "b"), (1, np.nan), ValueError, "sigmas"),
            (("a", "b"), ("x", "y"), TypeError, "sigmas"),
        ],
    )
    def test_refuses(self, names, sigmas, error, part):
        with pytest.raises(error, match=part):
            StudyGroup(names, sigmas)

    def test_questions_refuses(self):
        with pytest.raises(ValueError, match="count"):
            FRIENDS.questions(0, np.random.default_rng(0))
        with pytest.raises(TypeError, match="rng"):
            FRIENDS.questions(3, 0)


class TestBestWeights:
    def test_fractions_of_the_chapter(self):
        np.testing.assert_allclose(best_weights(FRIENDS, 0.0), np.array([9, 1, 1, 1, 1, 1]) / 15)
        half = np.array([27, 11, 11, 11, 11, 11]) / 115
        np.testing.assert_allclose(best_weights(FRIENDS, 0.5), half)

    @pytest.mark.parametrize("group", [FRIENDS, MIXED])
    @pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.85, 0.99])
    def test_no_slope_left_when_all_masks_are_added_up(self, group, rate):
        slope = mean_gradient(group, best_weights(group, rate), rate)
        np.testing.assert_allclose(slope, 0, atol=1e-12)

    @pytest.mark.parametrize("rate", [0.0, 0.3, 0.7])
    def test_is_the_ridge_solution(self, rate):
        c = second_moments(MIXED)
        ridge = np.linalg.solve(c + rate / (1 - rate) * np.diag(np.diag(c)), np.ones(3))
        np.testing.assert_allclose(best_weights(MIXED, rate), ridge, rtol=1e-12)

    def test_rate_one_is_the_limit(self):
        np.testing.assert_array_equal(best_weights(FRIENDS, 1.0), np.zeros(6))
        np.testing.assert_allclose(best_weights(FRIENDS, 1 - 1e-9), 0, atol=1e-8)

    @pytest.mark.parametrize("rate", [-0.1, 1.1, np.nan])
    def test_refuses(self, rate):
        with pytest.raises(ValueError, match="rate"):
            best_weights(FRIENDS, rate)


class TestTrain:
    def test_matches_torch_autograd(self):
        torch = pytest.importorskip("torch")
        learned = train(MIXED, 0.4, 4, np.random.default_rng(5), questions=7, step=0.3)
        rng = np.random.default_rng(5)
        weights = torch.zeros(3, dtype=torch.float64, requires_grad=True)
        for row in learned[1:]:
            views, answers = MIXED.questions(7, rng)
            mask = sample_mask((7, 3), 0.4, rng)  # a coin for each friend at each question
            heard = torch.tensor(views * mask / 0.6)
            (torch.mean((torch.tensor(answers) - heard @ weights) ** 2) / 2).backward()
            with torch.no_grad():
                weights -= 0.3 * weights.grad
                weights.grad.zero_()
            np.testing.assert_allclose(row, weights.detach().numpy(), rtol=1e-10, atol=1e-12)

    @pytest.mark.parametrize("rate", [0.0, 0.5])
    def test_follows_the_mean_path(self, rate):
        # New questions and masks each time: the mean obeys w += step * (1 - A w) exactly.
        runs, sessions, step = 200, 40, 0.05
        rng = np.random.default_rng(0)
        paths = np.array(
            [train(MIXED, rate, sessions, rng, questions=20, step=step) for _ in range(runs)]
        )
        c = second_moments(MIXED)
        a = c + rate / (1 - rate) * np.diag(np.diag(c))
        expected = np.zeros(3)
        for t in range(1, sessions + 1):
            expected = expected + step * (1 - a @ expected)
            error = paths[:, t].std(axis=0) / np.sqrt(runs)
            assert np.all(np.abs(paths[:, t].mean(axis=0) - expected) < 5 * error)

    def test_who_sits_out_a_question_learns_nothing_from_it(self):
        rng = np.random.default_rng(2)
        change = np.diff(train(FRIENDS, 0.3, 500, rng, questions=1), axis=0)
        out = np.mean(change == 0)
        assert abs(out - 0.3) < 5 * np.sqrt(0.3 * 0.7 / change.size)

    def test_every_question_has_a_mask_of_its_own(self):
        # One mask for all 50 questions would leave 30 in 100 weights where they are.
        change = np.diff(train(FRIENDS, 0.3, 100, np.random.default_rng(2)), axis=0)
        assert np.all(change != 0)

    def test_rate_one_never_moves(self):
        weights = train(FRIENDS, 1.0, 10, np.random.default_rng(0))
        np.testing.assert_array_equal(weights, np.zeros((11, 6)))

    def test_same_generator_same_weights(self):
        one, other = (train(FRIENDS, 0.5, 20, np.random.default_rng(9)) for _ in range(2))
        np.testing.assert_array_equal(one, other)

    def test_zero_sessions(self):
        assert train(FRIENDS, 0.5, 0, np.random.default_rng(0)).shape == (1, 6)

    @pytest.mark.parametrize(
        ("change", "error", "part"),
        [
            ({"rate": 2}, ValueError, "rate"),
            ({"sessions": -1}, ValueError, "sessions"),
            ({"sessions": 1.5}, TypeError, "sessions"),
            ({"rng": 0}, TypeError, "rng"),
            ({"questions": 0}, ValueError, "questions"),
            ({"step": 0}, ValueError, "step"),
        ],
    )
    def test_refuses(self, change, error, part):
        call = {"rate": 0.5, "sessions": 3, "rng": np.random.default_rng(0)} | change
        with pytest.raises(error, match=part):
            train(FRIENDS, **call)


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


class TestOtherWeights:
    def test_every_mask_once_is_rate_one_half(self):
        np.testing.assert_allclose(
            weights_for_masks(FRIENDS, ALL_MASKS), best_weights(FRIENDS, 0.5)
        )

    @pytest.mark.parametrize("home", [1, 2, 3])
    def test_exactly_k_at_home_has_the_shares_of_rate_k_over_n_minus_one(self, home):
        masks = ALL_MASKS[(~ALL_MASKS).sum(axis=1) == home]
        fixed, independent = weights_for_masks(FRIENDS, masks), best_weights(FRIENDS, home / 5)
        np.testing.assert_allclose(reliance(fixed), reliance(independent))
        # Off-diagonal moments shrink by n (n-k-1) / ((n-1) (n-k)), so weights grow by its inverse.
        np.testing.assert_allclose(fixed / independent, 5 * (6 - home) / (6 * (5 - home)))

    def test_decay_is_plain_ridge(self):
        ridge = np.linalg.solve(second_moments(MIXED) + 0.7 * np.eye(3), np.ones(3))
        np.testing.assert_allclose(decay_weights(MIXED, 0.7), ridge)

    @pytest.mark.parametrize("number", [0.0, 0.2, 0.6])
    def test_decay_and_dropout_of_one_number_share_alike(self, number):
        pair = decay_weights(MIXED, number), best_weights(MIXED, number)
        np.testing.assert_allclose(reliance(pair[0]), reliance(pair[1]))
        assert np.all(pair[0] >= pair[1])

    @pytest.mark.parametrize(
        ("masks", "error"),
        [
            (np.ones((2, 6)), TypeError),
            (np.ones((2, 5), bool), ValueError),
            (np.ones(6, bool), ValueError),
            (np.ones((0, 6), bool), ValueError),
            (np.array([[True] * 5 + [False]]), ValueError),
        ],
    )
    def test_masks_refuses(self, masks, error):
        with pytest.raises(error, match="masks"):
            weights_for_masks(FRIENDS, masks)

    @pytest.mark.parametrize("penalty", [-1, np.inf, np.nan])
    def test_decay_refuses(self, penalty):
        with pytest.raises(ValueError, match="penalty"):
            decay_weights(FRIENDS, penalty)


class TestPracticeWeights:
    def test_no_slope_left_when_all_masks_are_added_up(self):
        rng = np.random.default_rng(4)
        views, answers, rate = rng.standard_normal((3, 2)), rng.standard_normal(3), 0.3
        weights = practice_weights(views, answers, rate)
        slope = np.zeros(2)
        for bits in product([0, 1], repeat=6):
            probability = 0.7 ** sum(bits) * 0.3 ** (6 - sum(bits))
            heard = views * np.reshape(bits, (3, 2)) / 0.7
            slope += probability * heard.T @ (answers - heard @ weights)
        np.testing.assert_allclose(slope, 0, atol=1e-12)

    def test_is_the_stated_ridge(self):
        views, answers = FRIENDS.questions(12, np.random.default_rng(1))
        gram = views.T @ views
        ridge = np.linalg.solve(gram + 0.25 * np.diag(np.diag(gram)), views.T @ answers)
        np.testing.assert_allclose(practice_weights(views, answers, 0.2), ridge)

    def test_too_few_questions_give_the_shortest_solution(self):
        views, answers = FRIENDS.questions(4, np.random.default_rng(1))
        shortest = np.linalg.pinv(views) @ answers
        np.testing.assert_allclose(practice_weights(views, answers, 0.0), shortest)

    def test_rate_one_gives_zero(self):
        views, answers = FRIENDS.questions(9, np.random.default_rng(1))
        np.testing.assert_array_equal(practice_weights(views, answers, 1.0), np.zeros(6))

    def test_score_without_dropout_is_that_of_least_squares(self):
        # Gaussian views: E[mse] = noise * (1 + n / (questions - n - 1)), noise = 1/15 here.
        rng, fits = np.random.default_rng(7), 2000
        weights = np.array([practice_weights(*FRIENDS.questions(20, rng), 0) for _ in range(fits)])
        loss = 1 - exam_score(FRIENDS, weights)
        error = loss.std() / np.sqrt(fits)
        assert abs(loss.mean() - (1 + 6 / 13) / 15) < 4 * error

    @pytest.mark.parametrize("answers", [np.ones(3), np.ones((2, 1))])
    def test_refuses(self, answers):
        with pytest.raises(ValueError, match="views"):
            practice_weights(np.ones((2, 2)), answers, 0.5)


class TestReliance:
    def test_known_values(self):
        weights = np.array([[9.0, 1, 1, 1, 1, 1], [2, 2, 2, 2, 2, 2], [0, 0, -3, 0, 0, 0]])
        np.testing.assert_allclose(reliance(weights)[0], np.array([9, 1, 1, 1, 1, 1]) / 14)
        np.testing.assert_allclose(effective_friends(weights), [196 / 86, 6, 1])

    def test_nobody_to_rely_on(self):
        with pytest.raises(ValueError, match="weights"):
            effective_friends(np.zeros(6))


class TestExamScore:
    def test_fractions_of_the_chapter(self):
        weights = best_weights(FRIENDS, 0.0)
        assert exam_score(FRIENDS, weights) == pytest.approx(14 / 15)
        assert exam_score(FRIENDS, weights, "Alex") == pytest.approx(8 / 15)
        others = best_weights(StudyGroup(FRIENDS.names[1:], FRIENDS.sigmas[1:]), 0.0)
        assert exam_score(FRIENDS, np.append(0.0, others)) == pytest.approx(5 / 6)
        half = best_weights(FRIENDS, 0.5)
        assert exam_score(FRIENDS, half) == pytest.approx(458 / 529)
        assert exam_score(FRIENDS, half, "Alex") == pytest.approx(1804 / 2645)

    def test_nobody_scores_zero(self):
        assert exam_score(FRIENDS, best_weights(FRIENDS, 0.2), FRIENDS.names) == 0

    def test_at_the_optimum_it_is_the_sum_of_weights(self):
        weights = best_weights(MIXED, 0.0)
        assert exam_score(MIXED, weights) == pytest.approx(weights.sum())

    @pytest.mark.parametrize("absent", [(), "Bo", ["Alex", "Cleo"]])
    def test_matches_simulated_exams(self, absent):
        weights, count = np.array([0.5, -0.2, 0.3]), 100_000
        views, answers = MIXED.questions(count, np.random.default_rng(8))
        gone = [absent] if isinstance(absent, str) else absent
        heard = views * [name not in gone for name in MIXED.names]
        losses = (answers - heard @ weights) ** 2
        error = losses.std() / np.sqrt(count)
        assert abs(1 - losses.mean() - exam_score(MIXED, weights, absent)) < 5 * error

    def test_one_score_per_row(self):
        weights = np.array([best_weights(FRIENDS, rate) for rate in (0.0, 0.5)])
        np.testing.assert_allclose(exam_score(FRIENDS, weights), [14 / 15, 458 / 529])

    def test_refuses(self):
        with pytest.raises(ValueError, match="absent"):
            exam_score(FRIENDS, np.ones(6), "Zoe")
        with pytest.raises(ValueError, match="weights"):
            exam_score(FRIENDS, np.ones(5))
        with pytest.raises(TypeError, match="weights"):
            exam_score(FRIENDS, [1.0] * 6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda w: exam_score(FRIENDS, w, None), TypeError, "absent must be a sequence of names"),
        (lambda w: exam_score(FRIENDS, w, 3), TypeError, "absent must be a sequence of names"),
        (lambda w: exam_score(FRIENDS, w, [np.ones(2)]), ValueError, "absent must name friends"),
        (lambda w: exam_score(FRIENDS, w.astype("m8[s]")), TypeError, "weights must hold"),
        (lambda w: exam_score("group", w), TypeError, "group must be a StudyGroup"),
        (lambda w: reliance(np.array(1.0)), ValueError, "weights must have shape"),
        (lambda w: reliance(w * np.nan), ValueError, "weights must be finite, got nan"),
        (lambda w: practice_weights(w[None] * np.inf, w[:1], 0.5), ValueError, "views must be fin"),
        (lambda w: practice_weights(w[None], w[:1] * np.nan, 0.5), ValueError, "answers must be f"),
        (lambda w: decay_weights(FRIENDS, "1"), TypeError, "penalty must be a real number"),
        (lambda w: best_weights(None, 0.5), TypeError, "group must be a StudyGroup"),
        (lambda w: StudyGroup(3, (1,)), TypeError, "names must be a sequence of strings"),
        (lambda w: StudyGroup(("a",), [[1], [1, 2]]), ValueError, "sigmas must have rows"),
    ],
)
def test_what_is_wrong_is_named(call, error, message):
    with pytest.raises(error, match=f"^{message}"):
        call(np.ones(6))
