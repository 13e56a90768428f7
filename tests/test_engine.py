"""The engine that computes in the page, against its twins: the package, PyTorch and SciPy."""

import numpy as np
import pytest
from scipy import stats

from dropout_lab.explorer.page import script_text
from dropout_lab.network import MLP, cross_entropy, evaluate, softmax

pytestmark = pytest.mark.firefox
SPEED = 0.01
UNLIKELY = 1e-4  # some twenty tests of random numbers, each with a fixed seed

# Arrays come and go as lists. There is one list of masks for each step.
TRAIN = """({sizes, weights, biases, x, labels, masks, rate, speed}) => {
    const {MLP, adam, evaluate} = dropoutLab, floats = values => Float32Array.from(values);
    const net = new MLP(sizes, null, weights.map(floats), biases.map(floats));
    const lists = ({weights, biases}) => [...weights, ...biases].map(values => [...values]);
    const step = adam([...net.weights, ...net.biases], speed), inputs = floats(x);
    const logits = [...net.forward(inputs, labels.length, masks[0], rate)];
    const gradients = masks.map(some => {
        const found = net.gradients(inputs, labels, some, rate);
        step([...found.weights, ...found.biases]);
        return [found.loss, ...lists(found)];
    });
    return [logits, gradients, lists(net), Object.values(evaluate(net, inputs, labels))];
}"""
DRAW = """([seed, stream]) => {
    const random = dropoutLab.generator(seed, stream), net = new dropoutLab.MLP([50, 60], random);
    return [random, random.normal, () => random.integer(7), () => +random.shuffled(3).join("")]
        .map(draw => Array.from({length: 3000}, draw)).concat([[...net.weights[0]]]);
}"""
IN_A_WORKER = f"""given => new Promise(resolve => {{
    const answer = "onmessage = e => postMessage((" + ({TRAIN}) + ")(e.data))";
    const worker = new Worker(URL.createObjectURL(new Blob([dropoutLab.text, answer])));
    worker.onmessage = e => resolve(e.data);
    worker.postMessage(given);
}})"""


@pytest.fixture(scope="module")
def call(browser, tmp_path_factory):
    """Return a function that calls one of JavaScript, on a page opened from a folder."""
    path = tmp_path_factory.mktemp("engine") / "page.html"
    path.write_text(f"<script>{script_text('engine.js', 'dropout_lab.playground')}</script>")
    page = browser.new_page()
    page.goto(path.as_uri())
    yield page.evaluate
    page.close()


def problem(rate, steps=1):
    """Return a network of the package, a batch, masks for each step, and all of it as lists."""
    rng = np.random.default_rng(12)
    net = MLP([6, 9, 8, 4], rng, rate=rate or 0.0)
    net.weights = [w.astype(np.float32).astype(float) for w in net.weights]
    net.biases = [rng.normal(0, 0.3, b.size).astype(np.float32).astype(float) for b in net.biases]
    x = rng.random((12, 6)) * (rng.random((12, 6)) < 0.7)
    x[:, 0] *= 1e-6  # gradients as small as Adam's epsilon
    labels = rng.integers(4, size=12)
    masks = [None if rate is None else net.sample_masks(12, rng) for _ in range(steps)]
    given = {"sizes": [6, 9, 8, 4], "rate": rate, "speed": SPEED, "labels": labels.tolist()}
    given |= {"x": x.ravel().tolist(), "biases": [b.tolist() for b in net.biases]}
    given["weights"] = [w.ravel().tolist() for w in net.weights]
    given["masks"] = [some and [(1 * mask).ravel().tolist() for mask in some] for some in masks]
    return net, x, labels, masks, given


def assert_close(lists, arrays, tolerance=1e-5):
    for values, expected in zip(lists, arrays, strict=True):
        np.testing.assert_allclose(values, np.ravel(expected), rtol=0, atol=tolerance)


@pytest.mark.parametrize("rate", [None, 0.0, 0.4, 0.9, 1.0])
def test_outputs_and_gradients_are_those_of_the_package(call, rate):
    net, x, labels, (masks,), given = problem(rate)
    logits, ((loss, *gradients),), _, _ = call(TRAIN, given)
    found = net.gradients(x, labels, masks)
    assert_close([logits, loss], [net.forward(x, masks), found.loss])
    assert_close(gradients, found.weights + found.biases)


def test_ten_steps_of_adam_are_those_of_pytorch(call):
    torch = pytest.importorskip("torch")
    net, x, labels, masks, given = problem(0.4, steps=10)
    parameters = [torch.tensor(p, requires_grad=True) for p in net.weights + net.biases]
    optimizer = torch.optim.Adam(parameters, lr=SPEED)
    for some in masks:
        values = torch.tensor(x)
        for mask, weights, biases in zip(some, parameters[:2], parameters[3:5], strict=True):
            values = (values @ weights + biases).relu() * torch.tensor(mask) / 0.6
        logits = values @ parameters[2] + parameters[5]
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits, torch.tensor(labels)).backward()
        optimizer.step()
    # PyTorch computes in float64 here. In float32 a weight near 1 rounds by 6e-8 in each of ten
    # steps, and a step of 0.01 follows a gradient that is good to 1e-5 of itself: 2e-6 in all.
    arrays = [p.detach().numpy() for p in parameters]
    _, _, trained, scores = call(TRAIN, given)
    assert_close(trained, arrays, tolerance=2e-6)
    net.weights, net.biases = arrays[:3], arrays[3:]
    expected = evaluate(net, x, labels)
    assert_close([scores], [[expected.accuracy, expected.cross_entropy]])


def test_large_logits_stay_finite(call):
    logits, labels = np.array([[1000.0, 0.0, -1000.0], [-1e30, -1e30, -1e30]]), [1, 2]
    find = """([logits, labels]) => [[...dropoutLab.softmax(Float32Array.from(logits), 3)],
        dropoutLab.crossEntropy(Float32Array.from(logits), labels, 3)]"""
    found = call(find, [logits.ravel().tolist(), labels])
    assert_close(found, [softmax(logits), cross_entropy(logits, np.array(labels))])


def test_masks_keep_their_share_and_are_nested_in_the_rate(call):
    draw = "rate => dropoutLab.sampleMask(20000, rate, dropoutLab.generator(5)).join('')"
    rates = np.array([0.0, 0.05, 0.3, 0.5, 0.8, 0.95, 1.0])
    masks = np.array([[int(kept) for kept in call(draw, rate)] for rate in rates])
    errors = np.sqrt(rates * (1 - rates) / 20000)
    assert (abs(masks.mean(axis=1) - (1 - rates)) <= 4 * errors).all()
    assert (np.diff(masks, axis=0) <= 0).all()
    exact = "rate => { let k = 0; return dropoutLab.sampleMask(4, rate, () => k++ / 4).join(''); }"
    assert [call(exact, k / 4) for k in range(5)] == ["1111", "0111", "0011", "0001", "0000"]


def test_numbers_are_what_they_are_called_and_each_seed_has_its_own(call):
    drawn = [call(DRAW, way) for way in ([3, 0], [4, 0], [3, 1], [3, 0])]
    assert drawn.pop() == drawn[0]
    for uniform, normal, whole, orders, weights in drawn:
        assert set(orders) == {12, 21, 102, 120, 201, 210}
        counts = [np.unique(values, return_counts=True)[1] for values in (whole, orders)]
        assert min(stats.chisquare(count).pvalue for count in counts) > UNLIKELY
        assert stats.kstest(uniform, "uniform").pvalue > UNLIKELY
        assert stats.kstest(normal, "norm").pvalue > UNLIKELY
        assert stats.kstest(np.array(weights) / np.sqrt(2 / 50), "norm").pvalue > UNLIKELY
    assert min(stats.pearsonr(drawn[0][0], other[0]).pvalue for other in drawn[1:]) > UNLIKELY
    firsts = call("Array.from({length: 3000}, (_, seed) => dropoutLab.generator(seed)())")
    assert stats.kstest(firsts, "uniform").pvalue > UNLIKELY


def test_a_worker_computes_the_same(call):
    *_, given = problem(0.4, steps=3)
    assert call(IN_A_WORKER, given) == call(TRAIN, given)
