"""The engine that computes in the page, against its twins: the package, PyTorch and SciPy."""

import numpy as np
import pytest
import torch
from pieces import with_scripts
from scipy import stats

from dropout_lab.network import MLP, evaluate

pytestmark = pytest.mark.firefox

# Arrays come and go as lists. There is one list of masks for each step.
TRAIN = """({sizes, weights, biases, x, labels, masks, rate}) => {
    const {MLP, adam, evaluate} = dropoutLab, floats = values => Float32Array.from(values);
    const net = new MLP(sizes, null, weights.map(floats), biases.map(floats));
    const lists = ({weights, biases}) => [...weights, ...biases].map(values => [...values]);
    const step = adam([...net.weights, ...net.biases], 0.01), inputs = floats(x);
    return [[...net.forward(inputs, labels.length, masks[0], rate)], masks.map(some => {
        const found = net.gradients(inputs, labels, some, rate);
        step([...found.weights, ...found.biases]);
        return [found.loss, ...lists(found)];
    }), lists(net), Object.values(evaluate(net, inputs, labels)).slice(1)];
}"""
DRAW = """([seed, stream]) => {
    const random = dropoutLab.generator(seed, stream), net = new dropoutLab.MLP([50, 60], random);
    return [random, random.normal, () => random.integer(7), () => +random.shuffled(3).join("")]
        .map(draw => Array.from({length: 3000}, draw)).concat([[...net.weights[0]]]);
}"""
IN_A_WORKER = f"""given => new Promise((resolve, reject) => {{
    const answer = "onmessage = e => postMessage((" + ({TRAIN}) + ")(e.data))";
    const worker = new Worker(URL.createObjectURL(new Blob([dropoutLab.text, answer])));
    worker.onmessage = e => resolve(e.data);
    worker.onerror = e => reject(e.message);
    worker.postMessage(given);
}})"""


@pytest.fixture(scope="module")
def call(browser):
    """Return a function that calls one of JavaScript."""
    page = with_scripts(browser.new_page(), "engine")
    yield page.evaluate
    page.close()


def problem(rate, largest=0.0, steps=1):
    """Return a network of the package, a batch, masks for each step, and all of it as lists."""
    rng = np.random.default_rng(12)
    net = MLP([6, 9, 8, 4], rng, rate=rate or 0.0)
    net.biases = [rng.normal(0, 0.3, bias.size) for bias in net.biases]
    net.biases[-1][0] += largest
    x = rng.random((12, 6)) * (rng.random((12, 6)) < 0.7)
    x[:, 0] *= 1e-6  # gradients as small as Adam's epsilon
    labels = rng.integers(4, size=12)
    masks = [None if rate is None else net.sample_masks(12, rng) for _ in range(steps)]
    given = {"sizes": [6, 9, 8, 4], "rate": rate, "labels": labels.tolist()}
    given |= {"x": x.ravel().tolist(), "biases": [b.tolist() for b in net.biases]}
    given["weights"] = [w.ravel().tolist() for w in net.weights]
    given["masks"] = [some and [(1 * mask).ravel().tolist() for mask in some] for some in masks]
    return net, x, labels, masks, given


def assert_close(lists, arrays, tolerance=1e-5):
    for values, expected in zip(lists, arrays, strict=True):
        np.testing.assert_allclose(values, np.ravel(expected), rtol=1e-6, atol=tolerance)


@pytest.mark.parametrize("rate", [None, 0.0, 0.4, 0.9, 1.0])
@pytest.mark.parametrize("largest", [0, 1000])
def test_outputs_and_gradients_are_those_of_the_package(call, rate, largest):
    net, x, labels, (masks,), given = problem(rate, largest)
    logits, ((loss, *gradients),), _, _ = call(TRAIN, given)
    found = net.gradients(x, labels, masks)
    assert_close([logits, loss], [net.forward(x, masks), found.loss])
    assert_close(gradients, found.weights + found.biases)


def test_ten_steps_of_adam_are_those_of_pytorch(call):
    net, x, labels, masks, given = problem(0.4, steps=10)
    parameters = [torch.tensor(p, requires_grad=True) for p in net.weights + net.biases]
    optimizer = torch.optim.Adam(parameters, lr=0.01)
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
    _, _, trained, (accuracy, loss) = call(TRAIN, given)
    assert_close(trained, arrays, tolerance=2e-6)
    net.weights, net.biases = arrays[:3], arrays[3:]
    assert_close([accuracy, loss], evaluate(net, x, labels)[::2])


def test_masks_keep_their_share_and_are_nested_in_the_rate(call):
    rates = np.array([0.0, 0.05, 0.3, 0.5, 0.8, 0.95, 1.0])
    draw = "rate => [...dropoutLab.sampleMask(20000, rate, dropoutLab.generator(5))]"
    masks = np.array([call(draw, rate) for rate in rates])
    assert (abs(masks.mean(axis=1) - 1 + rates) <= 4 * np.sqrt(rates * (1 - rates) / 20000)).all()
    assert (np.diff(masks, axis=0) <= 0).all()
    draw = "rate => [...dropoutLab.sampleMask(1, rate, () => 0.5)]"
    assert [call(draw, rate) for rate in (0.499, 0.5, 0.501)] == [[1], [1], [0]]


def test_numbers_are_what_they_are_called_and_each_seed_has_its_own(call):
    drawn = [call(DRAW, way) for way in ([3, 0], [4, 0], [3, 1], [3, 0])]
    assert drawn.pop() == drawn[0]
    firsts = call("Array.from({length: 3000}, (_, seed) => dropoutLab.generator(seed)())")
    tests = [stats.pearsonr(drawn[0][0], other[0]) for other in drawn[1:]]
    tests += [stats.kstest(firsts, "uniform")]
    for uniform, normal, whole, orders, weights in drawn:
        assert set(orders) == {12, 21, 102, 120, 201, 210}
        tests += [stats.chisquare(np.unique(v, return_counts=True)[1]) for v in (whole, orders)]
        tests += [stats.kstest(normal, "norm"), stats.kstest(uniform, "uniform")]
        tests += [stats.kstest(np.array(weights) / np.sqrt(2 / 50), "norm")]
    assert min(test.pvalue for test in tests) > 1e-4  # of twenty, each with numbers of its own


def test_a_worker_computes_the_same(call):
    *_, given = problem(0.4, steps=3)
    assert call(IN_A_WORKER, given) == call(TRAIN, given)
