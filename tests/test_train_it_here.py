"""The piece in which a reader trains two nets: what it computes, and how it behaves in a page."""

import itertools
import re

import numpy as np
import pytest
from pieces import press, wait_for, with_scripts
from scipy import stats
from sklearn.datasets import load_digits

from dropout_lab.intervals import shared_interval
from dropout_lab.playground.training import CASES, _digits_text, digit_parts, train_it_here

CASE = CASES["dropout loses"]
# Two nets of a case, after a few steps: their images, labels and logits.
TRAIN = """([digits, settings, steps, later]) => {
    const {Experiment, readDigits} = dropoutLab;
    const run = new Experiment(readDigits(JSON.parse(digits)), settings), lists = [];
    const first = run.nets.map(net => [...net.weights[0]]);
    for (let step = 0; step < steps; step++) {
        Object.assign(run, later);
        run.advance();
        lists.push([...run.batch.labels]);
    }
    const nets = run.evaluate();
    return {first, batches: lists, x: [...run.train.x], labels: [...run.train.labels],
        right: nets.map(net => net.test.right), loss: nets.map(net => net.train.crossEntropy),
        learned: nets.map(net => net.train.accuracy)};
}"""


@pytest.fixture(scope="module")
def train(chromium):
    """Return a function that trains the two nets of a case on a page without a piece."""
    page = with_scripts(chromium.new_page(), "engine", "experiment")

    def call(steps=1, later=None, **changes):
        settings = CASE | {"seed": 3} | changes
        return page.evaluate(TRAIN, [_digits_text(), settings, steps, later or {}])

    call.evaluate = page.evaluate
    yield call
    page.close()


def test_the_stored_digits_are_those_of_scikit_learn_each_once():
    pixels, labels = load_digits(return_X_y=True)
    x, x_labels, test_x, test_labels = digit_parts()
    ours = np.column_stack([np.concatenate([x_labels, test_labels]), np.concatenate([x, test_x])])
    theirs = np.column_stack([labels, pixels.astype(int)])
    assert sorted(map(tuple, ours)) == sorted(map(tuple, theirs))
    assert (len(x), len(test_x)) == (1000, 797)


def test_a_training_image_is_one_of_the_pool_with_its_label(train):
    x, labels, *_ = digit_parts()
    known = {tuple(row): label for row, label in zip(x, labels, strict=True)}
    found = train(images=50)
    rows = (np.array(found["x"]).reshape(50, 64) * 16).round().astype(int)
    assert [known[tuple(row)] for row in rows] == found["labels"]
    assert len(set(map(tuple, rows))) == 50


def test_both_nets_begin_alike_and_only_one_of_them_drops(train):
    some, none, other = train(20), train(20, rate=0), train(20, rate=0.9)
    assert some["first"][0] == some["first"][1]
    assert none["right"][0] == none["right"][1]
    assert some["batches"] == other["batches"]
    assert some["right"][0] == other["right"][0]
    assert some["right"][1] != other["right"][1]


def test_a_pass_shows_each_image_once(train):
    found = train(steps=3, images=70)
    assert [len(batch) for batch in found["batches"]] == [32, 32, 6]
    assert sorted(itertools.chain(*found["batches"])) == sorted(found["labels"])


def test_a_rate_changed_midway_counts_from_the_next_step(train):
    assert train(20, later={"rate": 0.9})["loss"] == train(20, rate=0.9)["loss"]


def test_redrawn_labels_are_as_many_as_asked_and_nested(train):
    clean, some, more = (np.array(train(redrawn=share)["labels"]) for share in (0, 0.2, 0.4))
    # A tenth of what is redrawn is right again.
    for found, share in ((some, 0.18), (more, 0.36)):
        assert stats.binomtest(int((found != clean).sum()), 1000, share).pvalue > 0.001
    assert (more[some != clean] == some[some != clean]).all()


@pytest.mark.proves(
    "In the case where dropout wins, seed 0, the net without dropout learns redrawn labels by "
    "heart, and dropout leads on other images.",
    chapter=7,
)
def test_without_dropout_a_wide_net_learns_redrawn_labels_by_heart(train):
    case = CASES["dropout wins"]
    found = train(**case | {"seed": 0})
    assert found["learned"][0] > 0.95
    without, dropped = np.mean(found["right"], axis=1)
    assert dropped - without > 0.05


def test_the_interval_over_seeds_is_the_package_s(train, rng):
    values = rng.integers(-1, 2, (5, 60)) + rng.normal(0.1, 0.3, (5, 1))
    found = train.evaluate("values => dropoutLab.sharedInterval(values)", values.tolist())
    np.testing.assert_allclose([found["mean"], found["half"]], shared_interval(values), rtol=1e-9)


@pytest.fixture
def piece(open_piece):
    """Return a function that opens the piece with a case chosen."""

    def open_it(case="dropout loses", **how):
        return open_piece(train_it_here(case), **how)

    return open_it


@pytest.mark.firefox
def test_a_reader_trains_and_sees_dropout_lose(piece):
    page = piece()
    press(page, "Step")
    wait_for(page, "Step 1 of 400: too early to say who leads")
    press(page, "Train")
    wait_for(page, "After 400 steps the net without dropout leads by")
    assert page.figure.locator(".pg-curves polyline").count() == 8
    # The sentence names the leader's accuracy first; the curves end with the same.
    without, dropped = map(float, re.findall(r"0\.\d{3}", page.says.text_content()))
    assert without > dropped
    ends = page.figure.locator(".pg-curves svg").first.locator("text[class]").all_text_contents()
    assert [end.split()[1] for end in ends] == ["without", "with"]
    ends = [float(end.split()[0]) for end in ends]
    assert ends == pytest.approx([without, dropped], abs=0.0056)  # two and three decimals
    press(page, "Start again")
    wait_for(page, "Press Train")
    press(page, "Five seeds")
    wait_for(page, "Five seeds, 400 steps each: the net without dropout leads by")
    assert page.figure.locator(".pg-seeds.pg-without").count() == 1


def test_each_of_five_seeds_shows_when_it_is_trained(piece):
    page = piece("dropout wins")
    press(page, "Five seeds")
    page.figure.locator(".pg-seeds").wait_for()
    page.figure.get_by_role("button", name="Pause").click()
    page.figure.get_by_role("button", name="Train").wait_for()
    assert page.says.text_content()[1:] == " of 5 seeds are trained; the curves show the next."


def test_pausing_waits_and_another_case_or_rate_begins_anew(piece):
    page = piece("dropout wins")
    press(page, "Train")
    page.figure.get_by_role("button", name="Pause").click()
    page.figure.get_by_role("button", name="Train").wait_for()
    paused = page.says.text_content()
    page.wait_for_timeout(300)
    assert page.says.text_content() == paused
    # Who has seen one training and asks for another sees that, without a press.
    page.get_by_label("case").select_option("dropout loses")
    wait_for(page, "After 400 steps the net without dropout leads by")
    assert page.get_by_label("training images").input_value() == "1000"
    # The verdict was that of another rate.
    page.get_by_label("dropout rate").fill("0.3")
    wait_for(page, "Step ")
    page.get_by_label("training images").fill("50")
    assert page.get_by_label("case").input_value() == "your own"


def test_without_workers_the_page_itself_trains(piece):
    page = piece(before="Worker = class { constructor() { throw Error(); } }")
    press(page, "Train")
    wait_for(page, "After 400 steps the net without dropout leads by")


def test_digits_that_do_not_come_are_said_to(piece):
    page = piece()
    page.evaluate("document.querySelector('[data-text]').dataset.src = 'nowhere.js'")
    press(page, "Train")
    wait_for(page, "The digits cannot be loaded.")
    page.trouble.clear()  # the file that did not come
