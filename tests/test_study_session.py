"""The piece in which a reader plays the study group: its mathematics, and how it behaves."""

import re

import numpy as np
import pytest
from pieces import press, read, with_scripts

from dropout_lab.playground.studying import FEW, STEADY, STEP, study_session
from dropout_lab.study_group import FRIENDS, best_weights, exam_score, train

DATA = {"sigmas": FRIENDS.sigmas, "step": STEP, "steady": STEADY}
LONG = "Press Next session."
# All sessions up to the last one; then the weights alone, for many seeds.
EACH = """([data, rate, seed, sessions]) => Array.from({length: sessions}, (_, k) => {
    const {mask, ...found} = dropoutLab.practice(data, rate, seed, k + 1);
    return {...found, mask: [...mask]};
})"""
LEARNED = """([data, rate, seeds, sessions]) => Array.from({length: seeds},
    (_, seed) => dropoutLab.practice(data, rate, seed, sessions).weights)"""
SCORE = "([data, weights, ill]) => dropoutLab.examScore(data, weights, ill)"


@pytest.fixture(scope="module")
def call(chromium):
    """Return a function that calls one of JavaScript, on a page without a piece."""
    page = with_scripts(chromium.new_page(), "engine", "piece", "study_session")
    yield page.evaluate
    page.close()


class Replayed(np.random.Generator):
    """A generator for `train` that gives it the questions and coins of another practice."""

    def __init__(self, sessions):
        super().__init__(np.random.PCG64(0))
        self.normals = []
        for each in sessions:
            noise = np.subtract(each["views"], each["truth"]) / FRIENDS.sigmas
            self.normals += [[each["truth"]], [noise]]
        self.coins = [[each["mask"]] for each in sessions]

    def standard_normal(self, size):
        """Return the next answer, then the noises of its session."""
        return np.reshape(self.normals.pop(0), size)

    def random(self, size, dtype):
        """Return numbers that keep whom the page kept: 1 is never less than a rate, 0 is."""
        return np.reshape(np.array(self.coins.pop(0), dtype), size)


@pytest.mark.parametrize("rate", [0, 0.35, 0.9])
def test_a_session_is_one_of_the_package_s_training(call, rate):
    sessions = call(EACH, [DATA, rate, 5, 60])
    step = STEP * (1 - rate) ** 2
    weights = train(FRIENDS, rate, 60, Replayed(sessions), questions=1, step=step)
    np.testing.assert_allclose([each["weights"] for each in sessions], weights[1:], atol=1e-12)
    moves = [each["moves"] for each in sessions]
    np.testing.assert_allclose(moves, np.diff(weights, axis=0), atol=1e-12)
    heard = [np.array(each["views"]) * each["mask"] / (1 - rate) for each in sessions]
    said = (heard * weights[:-1]).sum(axis=1)
    np.testing.assert_allclose([each["said"] for each in sessions], said, atol=1e-12)


def test_late_steps_shrink_like_one_over_the_session(call):
    late = call(EACH, [DATA, 0.35, 5, 3 * STEADY])
    for number in (STEADY, STEADY + 1, 3 * STEADY):
        each, before = late[number - 1], late[number - 2]["weights"]
        heard = np.array(each["views"]) * each["mask"] / 0.65
        size = STEP * 0.65**2 * min(1, STEADY / number)
        move = size * (each["truth"] - heard @ before) * heard
        np.testing.assert_allclose(each["moves"], move, atol=1e-12)


def test_questions_are_the_same_at_every_rate_and_each_seed_has_its_own(call):
    some, none, other = (call(EACH, [DATA, *way, 5]) for way in ((0.35, 5), (0, 5), (0.35, 6)))
    assert [each["views"] for each in some] == [each["views"] for each in none]
    assert some == call(EACH, [DATA, 0.35, 5, 5])
    assert some[0]["truth"] != other[0]["truth"]


@pytest.mark.parametrize("rate", [0, 0.35, 0.6])
def test_long_practice_learns_the_best_weights_on_average(call, rate):
    # The mean weights follow a recursion without noise: each session is a new question.
    moments = FRIENDS.covariance + rate / (1 - rate) * np.diag(np.diag(FRIENDS.covariance))
    mean = np.zeros(6)
    for session in range(1, 1001):
        step = STEP * (1 - rate) ** 2 * min(1, STEADY / session)
        mean = mean + step * (1 - moments @ mean)
    assert abs(mean - best_weights(FRIENDS, rate)).max() < 0.005
    learned = np.array(call(LEARNED, [DATA, rate, 200, 1000]))
    error = learned.std(axis=0, ddof=1) / np.sqrt(200)
    assert error.max() < 0.003
    assert (abs(learned.mean(axis=0) - mean) < 4 * error).all()


def test_the_exam_is_the_package_s(call, rng):
    for weights in rng.normal(0.2, 0.3, (20, 6)):
        for ill in (0, 1):
            expected = exam_score(FRIENDS, weights, FRIENDS.names[:ill])
            assert call(SCORE, [DATA, weights.tolist(), ill]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.proves(
    "In the session that chapter 1 plays, 500 questions at rate 0.35, the group with dropout "
    "scores lower with everybody there and higher with Alex ill in nine of ten seeds.",
    chapter=1,
)
def test_the_story_comes_true_after_enough_practice(call):
    def told(sessions):
        weights = [np.array(call(LEARNED, [DATA, rate, 200, sessions])) for rate in (0.35, 0)]
        there, ill = (
            exam_score(FRIENDS, weights[0], who) - exam_score(FRIENDS, weights[1], who)
            for who in ((), "Alex")
        )
        return ((there < 0) & (ill > 0)).mean()

    # The error of a share near 0.95 is 0.015 with 200 seeds.
    assert told(500) > 0.95
    assert told(FEW) > 0.9
    assert told(FEW // 3) < 0.7


@pytest.fixture
def piece(open_piece):
    """Return a function that opens the piece on a page of some width."""

    def open_it(after="", width=720, **options):
        options["viewport"] = {"width": width, "height": 900}
        margin = "body { margin: 0 8px }"
        return open_piece(study_session(), after, style=margin, **options)

    return open_it


def said(page):
    return page.says.inner_text()


SEATS = """figure => [...figure.querySelectorAll('.pg-group-friend')].map(friend =>
    [...friend.querySelectorAll(':scope > b, :scope > span')].map(each => each.innerText))"""
CENTERS = """(figure, kind) => [...figure.querySelectorAll('.pg-group-' + kind)].map(each => {
    const {x, y, width, height} = each.getBoundingClientRect();
    return [x + width / 2, y + height / 2, width];
})"""


def seats(page):
    """Return what each seat shows, by name: what is said, the move and the weights."""
    label = re.compile(r"^(says|moves|weight|without dropout)\s*")
    rows = [[label.sub("", words).strip() for words in row] for row in page.figure.evaluate(SEATS)]
    assert [row[0] for row in rows] == list(FRIENDS.names)
    return {name: rest for name, *rest in rows}


RESTS = "!document.getAnimations().length"


def centers(page, kind):
    """Return where the middle of each mark of a kind is, and its width."""
    return np.array(page.figure.evaluate(CENTERS, kind))


@pytest.mark.firefox
def test_a_reader_plays_sessions_and_reads_their_numbers(piece, call):
    page = piece()
    assert LONG in said(page)
    for session, each in enumerate(call(EACH, [DATA, 0.35, 3, 8]), 1):
        press(page, "Next session")
        rows, there = seats(page), np.array(each["mask"], bool)
        home = list(np.array(FRIENDS.names)[~there]) or ["nobody"]
        comma = "," * (len(home) > 2)
        listed = f"{comma} and ".join([", ".join(home[:-1]), home[-1]] if home[1:] else home)
        error = each["said"] - each["truth"]
        way = "low, so voices above 0 gain" if error < 0 else "high, so voices above 0 lose"
        beginning = f"Session {session}. Home tonight: {listed}. The group says {abs(error):.2f} "
        assert said(page).startswith(f"{beginning}too {way} weight")
        says, moves, weights, _ = np.transpose(list(rows.values()))
        assert set(says[~there]) <= {"home"}
        marks = page.figure.locator(".pg-group-truth, .pg-group-said").all_inner_texts()
        found = [text.split()[-1] for text in marks] + [*says[there], *moves[there], *weights]
        views, steps = (np.array(each[name])[there] for name in ("views", "moves"))
        expected = [each["truth"], each["said"], *views, *steps, *each["weights"]]
        np.testing.assert_allclose([*map(read, found)], expected, atol=0.00501)
    press(page, "Ten more")
    assert said(page).startswith("Session 18.")
    press(page, "Start again")
    assert LONG in said(page)
    assert {row[2] for row in seats(page).values()} == {"0.00"}


@pytest.mark.firefox("all")
def test_the_exam_scores_the_weights_that_stand_there(piece):
    page = piece()
    press(page, "500 more", "Exam")
    rows = seats(page)
    assert rows["Alex"][0] == "ill"
    weights = np.array([[read(row[place]) for row in rows.values()] for place in (2, 3)])
    shown = page.figure.locator(".pg-group-row b").all_inner_texts()
    scores = [read(text.split()[0]) for text in shown]
    expected = [exam_score(FRIENDS, w, who) for who in ((), "Alex") for w in weights]
    # Six weights, each rounded to 0.005, move the score by at most 0.06.
    np.testing.assert_allclose(scores, expected, atol=0.06)
    there, ill = scores[1] - scores[0], scores[2] - scores[3]
    assert said(page) == (
        f"Exam after 500 sessions. With everybody there dropout loses by {there:.2f}; "
        f"with Alex ill it wins by {ill:.2f}."
    )
    # Another rate practices the same questions anew.
    page.get_by_label("dropout rate").fill("0")
    assert said(page) == (
        "Exam after 500 sessions. With everybody there dropout changes nothing; "
        "with Alex ill it changes nothing."
    )
    assert [row[2] for row in seats(page).values()] == [row[3] for row in rows.values()]
    # Nearly the same practice moves the score by little, and more of it would not help.
    page.get_by_label("dropout rate").fill("0.01")
    assert said(page).endswith(" So small a difference may be luck: try other seeds.")
    press(page, "Next session")
    assert said(page).startswith("Session 501.")
    assert seats(page)["Alex"][0] != "ill"


def test_an_exam_after_little_practice_says_so(piece):
    page = piece()
    press(page, "Exam")
    assert LONG in said(page)
    press(page, "Ten more", "Exam")
    assert said(page).startswith("Exam after 10 sessions.")
    assert said(page).endswith("So early that may be luck: go on to session 300.")


@pytest.mark.firefox("all")
def test_morph_makes_units_of_the_seats_and_goes_back(piece):
    page = piece("#piece=group&seed=5&sessions=8", reduced_motion="reduce")
    morph = page.get_by_role("button", name="Morph")
    row, before = centers(page, "ring"), (seats(page), said(page))
    assert np.ptp(row[:, 1]) < 1
    assert morph.get_attribute("aria-pressed") == "false"
    morph.click()
    assert morph.get_attribute("aria-pressed") == "true"
    page.wait_for_function(RESTS)  # Firefox may glide all the same
    net = centers(page, "ring")
    assert np.ptp(net[:, 0]) < 1
    assert (np.diff(net[:, 1]) > 30).all()
    # The question stands before the units, the group's answer behind them.
    assert centers(page, "truth>i")[0, 0] < net[0, 0] < centers(page, "said>i")[0, 0]
    assert (seats(page), said(page)) == before
    morph.click()
    assert morph.get_attribute("aria-pressed") == "false"
    page.wait_for_function(RESTS)
    np.testing.assert_allclose(centers(page, "ring"), row, atol=0.5)
    # After an exam the empty seats are again those of the last practice, the dropped units.
    press(page, "Exam")
    assert seats(page)["Alex"][0] == "ill"
    morph.click()
    assert (seats(page), said(page)) == before


def test_a_disc_grows_with_the_weight_and_a_negative_one_is_hollow(piece, call):
    every = [call(LEARNED, [DATA, 0.35, 20, count]) for count in (3, 5, 8)]
    lowest = np.array(every).min(axis=2)
    count, seed = np.unravel_index(lowest.argmin(), lowest.shape)
    weights = np.round(every[count][seed], 2)
    assert weights.min() < -0.02
    sessions = (3, 5, 8)[count]
    page = piece(f"#piece=group&dropout+rate=0.35&seed={seed}&sessions={sessions}")
    assert [read(row[2]) for row in seats(page).values()] == pytest.approx(list(weights))
    page.wait_for_function("!document.getAnimations().length")
    ring, disc, minus = (centers(page, kind)[:, 2] for kind in ("ring", "disc", "minus"))
    assert np.ptp(ring) < 0.5
    for sizes, sign in ((disc, 1), (minus, -1)):
        shares = np.clip(sign * weights, 0, None) / 0.7
        np.testing.assert_allclose((sizes / ring) ** 2, shares, atol=0.03)
    look = "mark => getComputedStyle(mark).backgroundColor"
    paint = page.figure.locator(".pg-group-minus").nth(int(weights.argmin())).evaluate(look)
    assert paint == "rgba(0, 0, 0, 0)"


def test_voices_that_would_meet_stand_on_each_other(piece):
    page = piece("#piece=group&dropout+rate=0&seed=5", width=336, reduced_motion="reduce")
    highest = 0
    for _ in range(40):
        press(page, "Next session")
        marks = centers(page, "chip")
        apart = abs(marks[:, None] - marks[None])[..., :2].max(axis=2) + 99 * np.eye(6)
        assert apart.min() > marks[0, 2] - 1
        highest = max(highest, np.ptp(marks[:, 1]))
        # Each stands where it belongs: 0 is in the middle, 3.5 stands 48 % from it.
        says = [np.clip(read(row[0]), -3.5, 3.5) for row in seats(page).values()]
        np.testing.assert_allclose(marks[:, 0], 168 + 320 * 0.137 * np.array(says), atol=1)
    assert highest > marks[0, 2]


def test_the_address_keeps_what_a_teacher_sends_within_limits(piece):
    page = piece("#piece=group&dropout+rate=0.5&seed=7&sessions=20")
    sent = seats(page), said(page)
    assert sent[1].startswith("Session 20.")
    press(page, "Start again", "Ten more")
    assert "seed=7&sessions=10" in page.url
    press(page, "Ten more")
    assert (seats(page), said(page)) == sent
    page = piece("#piece=group&dropout+rate=x&seed=x&sessions=99999")
    assert said(page) == "The seed is a whole number from 0 to 999999."
    page.get_by_label("seed").fill("6")
    assert said(page).startswith("Session 9999.")
    page = piece("#piece=group&dropout+rate=9&sessions=-3")
    assert LONG in said(page)
    press(page, "Next session")
    assert said(page) == (
        "Session 1. Everybody stays home, as always at rate 1, so no weight moves."
    )
    assert {row[2] for row in seats(page).values()} == {"0.00"}


def test_motion_is_short_and_can_be_calmed(piece):
    longest = """() => Math.max(...[...document.querySelectorAll('.pg-group-stage *')].flatMap(
        each => getComputedStyle(each).transitionDuration.split(',').map(parseFloat)))"""
    calm, lively = (piece(reduced_motion=way) for way in ("reduce", "no-preference"))
    assert lively.evaluate(longest) == 0  # a page that gets another width does not glide
    press(calm, "Next session")
    press(lively, "Next session")
    assert calm.evaluate(longest) == 0
    assert 0 < lively.evaluate(longest) <= 0.6
