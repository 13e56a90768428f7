"""The engine that computes in the page, against its twins: the package, PyTorch and SciPy."""

import numpy as np
import pytest
import torch
from pieces import with_scripts
from scipy import special, stats

from dropout_lab.network import MLP, evaluate

pytestmark = pytest.mark.firefox

# Arrays come and go as lists. There is one list of masks for each step.
TRAIN = """({sizes, weights, biases, x, labels, masks, rate, rise = 0.01}) => {
    const {MLP, adam, evaluate} = dropoutLab, floats = values => Float32Array.from(values);
    const net = new MLP(sizes, null, weights.map(floats), biases.map(floats));
    const lists = ({weights, biases}) => [...weights, ...biases].map(values => [...values]);
    const step = adam([...net.weights, ...net.biases], rise), inputs = floats(x);
    return [[...net.forward(inputs, labels.length, masks[0], rate)], masks.map(some => {
        const before = lists(net), found = net.gradients(inputs, labels, some, rate);
        step([...found.weights, ...found.biases]);
        return [before, found.loss, ...lists(found)];
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


def as_lists(net, x, labels, masks, **more):
    """Return what a script needs of a network, a batch and the masks of each step."""
    sizes = [len(net.weights[0]), *(bias.size for bias in net.biases)]
    given = {"sizes": sizes, "rate": net.rates[0] if net.rates else 0, "x": x.ravel().tolist()}
    given |= {"labels": labels.tolist(), "biases": [bias.tolist() for bias in net.biases]}
    given["weights"] = [weights.ravel().tolist() for weights in net.weights]
    given["masks"] = [some and [(1 * mask).ravel().tolist() for mask in some] for some in masks]
    return given | more


def problem(steps):
    """Return a network of the package, a batch, masks for each step, and all of it as lists."""
    rng = np.random.default_rng(12)
    net = MLP([6, 9, 8, 4], rng, rate=0.4)
    net.biases = [rng.normal(0, 0.3, bias.size) for bias in net.biases]
    x = rng.random((12, 6)) * (rng.random((12, 6)) < 0.7)
    x[:, 0] *= 1e-6  # gradients as small as Adam's epsilon
    labels = rng.integers(4, size=12)
    masks = [net.sample_masks(12, rng) for _ in range(steps)]
    return net, x, labels, masks, as_lists(net, x, labels, masks)


def assert_close(lists, arrays, tolerance=1e-5):
    for values, expected in zip(lists, arrays, strict=True):
        np.testing.assert_allclose(values, np.ravel(expected), rtol=1e-6, atol=tolerance)


def test_ten_steps_of_adam_are_those_of_pytorch(call):
    net, x, labels, masks, given = problem(10)
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
    *_, given = problem(3)
    assert call(IN_A_WORKER, given) == call(TRAIN, given)


ROUND = 2.0**-24  # largest relative error of rounding to float32


class Bounded:
    """Numbers, and how far from them float32 may be (Higham 2002, section 3.3)."""

    def __init__(self, value, error=0.0):
        self.value, self.error = value, np.zeros_like(value) + error
        self.most = np.abs(value) + self.error

    def __matmul__(self, other):
        # A sum of n terms rounds n times, each time no more than the sum of all their sizes.
        error = self.error @ other.most + np.abs(self.value) @ other.error
        rounds = self.value.shape[1] * (ROUND * (self.most @ other.most) + 2.0**-149)
        return Bounded(self.value @ other.value, error + rounds)

    def times(self, factor):
        return Bounded(self.value * factor, np.abs(factor) * (self.error + ROUND * self.most))

    def beside(self, others, axis):
        values = np.concatenate([self.value, others], axis)
        return Bounded(values, np.concatenate([self.error, 0 * others], axis))

    def transposed(self):
        return Bounded(self.value.T, self.error.T)


def tolerances(net, x, labels, masks):
    """Return how far logits, loss and gradients in float32 may be from those of the package.

    None if a unit is so near to zero that rounding could silence it.
    """
    examples, ones = len(x), np.ones((len(x), 1))
    scale = [1.0] * len(net.rates)
    if masks is not None:  # at rate 1 nothing is kept
        scale = [m / (1 - r) if r < 1 else 0 * m for m, r in zip(masks, net.rates, strict=True)]
    inputs, passed = [Bounded(x)], [None]
    for weights, biases, factor in zip(net.weights, net.biases, [*scale, None], strict=True):
        scores = inputs[-1].beside(ones, 1) @ Bounded(np.vstack([weights, biases]))
        if factor is not None:
            if ((np.abs(scores.value) <= scores.error) & (scores.error > 2.0**-140)).any():
                return None
            passed.append(np.broadcast_to((scores.value > 0) * factor, scores.value.shape))
            inputs.append(scores.times(passed[-1]))
    logs = scores.value - special.logsumexp(scores.value, axis=1, keepdims=True)
    # That of a score, and of their logarithmic sum, which is as near as the worst of them.
    of_logs = 2 * scores.error.max(axis=1, keepdims=True) + ROUND * (1 + np.abs(logs))
    chances = np.exp(logs)
    value = (chances - np.eye(logs.shape[1])[labels]) / examples
    error = (chances * np.expm1(of_logs) + 2 * ROUND) / examples
    gradient, of_weights, of_biases = Bounded(value, error + ROUND * np.abs(value)), [], []
    for layer in reversed(range(len(scale) + 1)):
        both = inputs[layer].beside(ones, 1).transposed() @ gradient
        of_weights.insert(0, both.error[:-1])
        of_biases.insert(0, both.error[-1])
        if layer:
            back = gradient @ Bounded(net.weights[layer].T)
            gradient = back.times(passed[layer])
    return [scores.error, of_logs.max() + ROUND, *of_weights, *of_biases]


def drawn_net(seed):
    """Return a network of the package, a batch, masks of three steps and a learning rate."""
    rng = np.random.default_rng(seed)
    sizes = [*rng.integers(1, 10, rng.integers(2, 6)).tolist()]
    rate = float(rng.choice([0.0, 1e-9, 0.1, 0.5, 0.9, 0.99, 1.0]))
    net = MLP(sizes, rng, rate=rate)
    parts = [*net.weights, *(rng.normal(0, 0.3, bias.size) for bias in net.biases)]
    parts[-1][0] += rng.choice([0, 1000], p=[0.9, 0.1])  # no power may overflow
    size, examples = rng.choice([1e-6, 1.0, 30.0]), int(rng.integers(1, 9))
    x = rng.normal(0, size, (examples, sizes[0])) * (rng.random((examples, sizes[0])) < 0.7)
    parts = [np.float32(part).astype(float) for part in parts]
    net.weights, net.biases = parts[: len(sizes) - 1], parts[len(sizes) - 1 :]
    keep = rng.choice([0.0, 0.5, 0.9, 1.0])
    shapes = [(examples, bias.size) for bias in net.biases[:-1]]
    masks = [[rng.random(shape) < keep for shape in shapes] for _ in range(3)]
    masks = [None if rng.random() < 0.2 else some for some in masks]
    labels = rng.integers(sizes[-1], size=examples)
    return net, np.float32(x).astype(float), labels, masks, float(10 ** rng.uniform(-5, -0.5))


def adam(start, gradients, rise):
    """Return where PyTorch's Adam goes in float64 along gradients, and how far float32 may be."""
    parameter = torch.tensor(start, dtype=torch.float64)
    optimizer = torch.optim.Adam([parameter], lr=rise)
    # Of the means of gradients and of squares, each rounded as it is stored, and of the sum of all
    # moves, which are quotients of these two.
    of_mean, of_square, off = np.zeros((3, len(start)))
    for count, gradient in enumerate(gradients, 1):
        parameter.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        state = optimizer.state[parameter]
        mean, square = state["exp_avg"].abs().numpy(), state["exp_avg_sq"].numpy()
        of_mean = 0.9 * of_mean + ROUND * (mean + of_mean) + 2.0**-149
        of_square = 0.999 * of_square + ROUND * (square + of_square) + 2.0**-149
        bias = np.sqrt(1 - 0.999**count)
        of_root = np.sqrt(square) - np.sqrt(np.maximum(square - of_square, 0))
        root = np.sqrt(square) - of_root + 1e-8 * bias
        moved = bias * rise / (1 - 0.9**count) * (of_mean + mean * of_root / root) / root
        off = off + moved + ROUND * (parameter.abs().numpy() + off + moved)
    return parameter.numpy(), off


def assert_within(found, wanted, error):
    assert (np.abs(np.ravel(found) - np.ravel(wanted)) <= np.ravel(error)).all()


@pytest.mark.parametrize("seeds", [range(50), pytest.param(range(1000), marks=pytest.mark.all)])
def test_any_net_computes_and_learns_as_its_twins_do(call, seeds):
    compared = 0
    for net, x, labels, masks, rise in map(drawn_net, seeds):
        shapes = [part.shape for part in net.weights + net.biases]
        logits, steps, last, _ = call(TRAIN, as_lists(net, x, labels, masks, rise=rise))
        for number, (some, (before, *answer)) in enumerate(zip(masks, steps, strict=True)):
            parts = [np.reshape(p, shape) for p, shape in zip(before, shapes, strict=True)]
            net.weights, net.biases = parts[: len(parts) // 2], parts[len(parts) // 2 :]
            allowed = tolerances(net, x, labels, some)
            if allowed is None:
                continue
            found = net.gradients(x, labels, some)
            wanted = [net.forward(x, some), found.loss, *found.weights, *found.biases]
            first = number == 0  # of the others the scores are not told
            for triple in list(zip([logits, *answer], wanted, allowed, strict=True))[not first :]:
                assert_within(*triple)
            compared += 1
        for number, found in enumerate(last):
            along = [gradients[number] for _, _, *gradients in steps]
            assert_within(found, *adam(steps[0][0][number], along, rise))
    assert compared > 2.9 * len(seeds)
