"""The piece in which a reader types a layer and tosses masks: what it tells, and how it behaves."""

import re

import numpy as np
import pytest
from scipy import stats

from dropout_lab.conventions import CONVENTIONS
from dropout_lab.masks import all_masks
from dropout_lab.playground import type_your_own_layer

X = np.arange(1.0, 6.0)
UNITS = range(1, 6)


class Layer:
    """What stands in an opened page, in the words of the package."""

    def __init__(self, page):
        self.page, self.figure, self.says = page, page.figure, page.says

    def press(self, name, times=1):
        button = self.figure.get_by_role("button", name=name, exact=True)
        for _ in range(times):
            button.click()

    def fill(self, name, value):
        self.figure.get_by_label(name).fill(str(value))

    def hold(self, unit, state):
        self.figure.get_by_role("button", name=f"unit {unit}: ").click()
        assert self.figure.get_by_role("button", name=f"unit {unit}: {state}").count() == 1

    def row(self, name):
        """Return what a row says of the units, as floats; a dropped one is NaN."""
        cells = self.figure.get_by_role("row", name=re.compile(f"^{name} ")).locator("td")
        texts = [text.replace("−", "-") for text in cells.all_text_contents()[-5:]]
        return np.array([float(text) if text else np.nan for text in texts])

    def counts(self):
        """Return how many tosses dropped 0, 1, ..., 5 units, and how many are expected to."""
        rows = self.figure.locator(".pg-counts tr:has(td)").all()
        return np.array([row.locator("td").all_text_contents() for row in rows], float).T


@pytest.fixture
def layer(open_piece):
    """Return a function that opens the piece."""

    def open_it(*arguments, **options):
        piece = type_your_own_layer(*arguments, **options)
        return Layer(open_piece(piece))

    return open_it


@pytest.mark.parametrize("name", CONVENTIONS)
def test_each_convention_passes_on_what_the_package_s_does(layer, name):
    opened, way = layer(), CONVENTIONS[name]
    opened.figure.get_by_label("convention").select_option(name)
    opened.press("Toss", 3)
    for rate in (0, 0.2, 0.5, 0.95):
        opened.fill("dropout rate", rate)
        for toss in (1, 2, 3):
            passed = opened.row(f"toss {toss}")
            expected = way.apply_training(X, ~np.isnan(passed), rate)
            assert_rounded(np.nan_to_num(passed), expected)
        assert_rounded(opened.row("expected"), way.train_mean(X, rate))
        assert_rounded(opened.row("inference"), way.apply_inference(X, rate))
        said, ratio = opened.says.text_content(), way.eval_over_train(rate)
        written = f"{ratio:.2f}" if ratio < 100 else f"{ratio:.0f}"
        assert (f", which is {written} times that." in said) == (not np.isclose(ratio, 1))
        gradient = way.gradient_ratio(rate)
        assert (f"the gradient is {gradient:.2f} times the true one." in said) == (gradient != 1)
        assert (", the same." in said) == (np.isclose(ratio, 1) and gradient == 1)


def assert_rounded(found, expected):
    """Two digits behind the point, and none from 100 on."""
    assert (abs(found - expected) <= np.where(np.abs(expected) < 99.995, 0.00501, 0.501)).all()


def test_means_and_counts_are_those_of_the_tosses(layer):
    opened, total, dropped = layer(rate=0.3), np.zeros(5), []
    for toss in range(1, 13):
        opened.press("Toss")
        passed = opened.row(f"toss {toss}")
        total += ~np.isnan(passed) * X / 0.7
        dropped.append(np.isnan(passed).sum())
        assert_rounded(opened.row("mean"), total / toss)
    assert opened.figure.get_by_role("row", name="toss 8").count() == 0  # only the last four
    assert opened.counts()[0].tolist() == np.bincount(dropped, minlength=6).tolist()


@pytest.mark.firefox("all")
@pytest.mark.parametrize("held", [{}, {1: "kept", 5: "dropped"}])
def test_expected_counts_and_errors_follow_from_every_mask_there_is(layer, held):
    opened, rate = layer(rate=0.3), 0.3
    for unit, state in held.items():
        opened.hold(unit, "kept")
        if state == "dropped":
            opened.hold(unit, "dropped")
    opened.press("A hundred", 2)
    masks, probabilities = all_masks(5, rate)
    for unit, state in held.items():
        masks[:, unit - 1] = state == "kept"
    outputs = CONVENTIONS["inverted"].apply_training(np.broadcast_to(X, masks.shape), masks, rate)
    mean = probabilities @ outputs
    error = np.sqrt(probabilities @ (outputs - mean) ** 2 / 200)
    expected = 200 * np.bincount((~masks).sum(axis=1), weights=probabilities, minlength=6)
    seen, told = opened.counts()
    np.testing.assert_allclose(told, expected, atol=0.0501)
    assert seen.sum() == 200
    assert_rounded(opened.row("expected"), mean)
    assert (abs(opened.row("mean") - mean) <= 4 * error + 0.005).all()
    if not held:
        assert f" ± {error[2]:.2f} " in opened.says.text_content()
        assert stats.chisquare(seen, expected).pvalue > 0.001


def test_a_unit_that_is_held_is_said_to_be(layer):
    opened = layer("classic", rate=0.4)
    opened.press("Toss", 4)
    opened.hold(2, "kept")
    assert "You hold unit 2" in opened.says.text_content()
    assert "it passes on 2.00 every time" in opened.says.text_content()
    opened.hold(2, "dropped")
    assert "it passes on 0.00 every time" in opened.says.text_content()
    assert all(np.isnan(opened.row(f"toss {toss}")[1]) for toss in range(1, 5))
    opened.hold(2, "by chance")
    assert "walks toward 1.20" in opened.says.text_content()


def test_a_larger_rate_drops_more_units_of_the_same_tosses(layer):
    opened, before = layer(rate=0.2), np.ones(20, bool)
    opened.press("Toss", 4)
    for rate in (0.2, 0.4, 0.6, 0.8, 0.95):
        opened.fill("dropout rate", rate)
        kept = ~np.isnan(np.concatenate([opened.row(f"toss {toss}") for toss in range(1, 5)]))
        assert (kept <= before).all()
        before = kept
    assert not before.all()


def test_a_seed_gives_its_tosses_again_and_clear_goes_on_to_the_next(layer):
    opened = layer()

    def tosses():
        opened.press("A hundred")
        return opened.row("mean").tolist()

    opened.fill("seed", 7)
    first = tosses()
    opened.press("Clear")
    assert "No toss yet" in opened.says.text_content()
    assert opened.figure.get_by_label("seed").input_value() == "8"
    assert tosses() != first
    opened.press("Clear")
    opened.fill("seed", 7)
    assert tosses() == first


def test_the_reader_s_own_numbers_go_through_the_layer(layer):
    opened, x = layer("classic", rate=0.25), np.array([-2.5, 0, 0.01, 100, 7])
    for unit, value in zip(UNITS, x, strict=True):
        opened.fill(f"activation {unit}", f"{value:g}")
    opened.press("A hundred")
    assert_rounded(opened.row("expected"), 0.75 * x)
    assert_rounded(opened.row("inference"), 0.75 * x)
    opened.fill("activation 1", -2)
    error = 2 * np.sqrt(0.25 * 0.75 / 100)
    assert re.search(rf"Unit 1 went in as −2.00; its mean, −1.\d\d ± {error:.2f} so far, walks "
                     "toward −1.50", opened.says.text_content())  # fmt: skip


@pytest.mark.parametrize("value", ["", "two", "Infinity", "1e9", "101", "-100.5", "2,5", "NaN"])
def test_what_is_no_activation_is_refused_in_a_sentence(layer, value):
    opened = layer()
    opened.press("Toss")
    field, passed = opened.figure.get_by_label("activation 4"), opened.row("toss 1")
    field.fill(value)
    assert "Activation 4 is a number from −100 to 100" in opened.says.text_content()
    assert field.get_attribute("aria-invalid") == "true"
    assert opened.row("inference")[3] == 4
    np.testing.assert_array_equal(opened.row("toss 1"), passed)
    field.fill("4.5")
    assert "Unit 4 went in as 4.50" in opened.says.text_content()
    assert field.get_attribute("aria-invalid") == "false"


def test_too_many_tosses_are_refused(layer):
    opened = layer()
    opened.press("A hundred", 10)
    assert "Toss 1000." in opened.says.text_content()
    opened.press("Toss")
    assert "A thousand tosses are the most. Press Clear." in opened.says.text_content()
    assert "tosses=1000" in opened.page.url
    opened.fill("dropout rate", 0.5)
    assert "Toss 1000." in opened.says.text_content()
    opened.press("Clear")
    assert "No toss yet" in opened.says.text_content()


@pytest.mark.firefox
def test_keys_are_enough(layer):
    opened = layer()
    opened.figure.get_by_label("dropout rate").focus()
    opened.page.keyboard.press("End")
    for key in ("Tab", "Tab", "Enter", "Enter", "Tab", "Tab"):
        opened.page.keyboard.press(key)
    assert "Toss 2." in opened.says.text_content()
    for _ in range(6):
        opened.page.keyboard.press("Tab")
    opened.page.keyboard.press("Enter")
    assert "You hold unit 1" in opened.says.text_content()
    opened.page.keyboard.press("Space")
    assert opened.figure.get_by_role("button", name="unit 1: dropped").count() == 1
