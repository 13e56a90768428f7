"""The NumPy network against finite differences, PyTorch, SciPy and scikit-learn."""

import copy

import numpy as np
import pytest
from scipy import special
from sklearn.metrics import accuracy_score, log_loss

from dropout_lab.conventions import CONVENTIONS
from dropout_lab.network import MLP, cross_entropy, evaluate, softmax

SIZES = ([5, 4], [5, 6, 4], [5, 7, 6, 4], [5, 7, 6, 5, 4])
RATE = 0.4
every = pytest.mark.parametrize("name", list(CONVENTIONS))
depths = pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: f"{len(sizes) - 2} hidden")


def problem(sizes, convention="inverted", batch=8, rate=RATE):
    """Return a network with non-zero biases, inputs, labels and masks."""
    rng = np.random.default_rng(5)
    net = MLP(sizes, rng, rate=rate, convention=convention)
    for bias in net.biases:
        bias += rng.normal(0, 0.3, bias.shape)
    x, labels = rng.normal(size=(batch, sizes[0])), rng.integers(0, sizes[-1], batch)
    return net, x, labels, net.sample_masks(batch, rng)


def numeric_gradients(net, x, labels, masks, step=1e-6):
    """Return central differences of the loss, one array per parameter."""
    found = []
    for values in net.weights + net.biases:
        slope = np.zeros_like(values)
        for index in np.ndindex(values.shape):
            before = values[index]
            losses = []
            for shift in (step, -step):
                values[index] = before + shift
                losses.append(cross_entropy(net.forward(x, masks), labels))
            values[index] = before
            slope[index] = (losses[0] - losses[1]) / (2 * step)
        found.append(slope)
    return found


def relative_error(a, b):
    return np.linalg.norm(a - b) / max(np.linalg.norm(b), 1e-12)


@every
@depths
@pytest.mark.proves(
    "The gradients of a network with dropout agree with finite differences", chapter=4
)
def test_gradients_agree_with_finite_differences(sizes, name):
    rates = [0.4, 0.2, 0.7][: len(sizes) - 2]
    net, x, labels, masks = problem(sizes, name, rate=rates)
    for drawn in (masks, None):
        found = net.gradients(x, labels, drawn)
        truth = numeric_gradients(net, x, labels, drawn)
        for number, (gradient, numeric) in enumerate(
            zip(found.weights + found.biases, truth, strict=True)
        ):
            crossed = rates[number % len(net.weights) :] if drawn else []  # on the way down
            factor = np.prod([CONVENTIONS[name].gradient_ratio(rate) for rate in crossed])
            assert relative_error(gradient, factor * numeric) < 1e-6


@pytest.mark.parametrize("name", ["classic", "inverted"])
@depths
@pytest.mark.proves(
    "Under the same masks the gradients of the NumPy network are those of PyTorch's autograd",
    chapter=4,
)
def test_loss_and_gradients_agree_with_autograd_under_the_same_masks(sizes, name):
    torch = pytest.importorskip("torch")
    net, x, labels, masks = problem(sizes, name)
    weights = [torch.tensor(w, requires_grad=True) for w in net.weights]
    biases = [torch.tensor(b, requires_grad=True) for b in net.biases]
    h = torch.tensor(x)
    for w, b, mask in zip(weights, biases, [*masks, None], strict=True):
        h = h @ w + b
        if mask is not None:
            scale = 1 / (1 - RATE) if name == "inverted" else 1.0
            h = torch.relu(h) * torch.tensor(mask) * scale
    loss = torch.nn.functional.cross_entropy(h, torch.tensor(labels))
    loss.backward()
    found = net.gradients(x, labels, masks)
    np.testing.assert_allclose(net.forward(x, masks), h.detach().numpy(), rtol=1e-12)
    assert found.loss == pytest.approx(loss.item(), rel=1e-12)
    for gradient, tensor in zip(found.weights + found.biases, weights + biases, strict=True):
        assert relative_error(gradient, tensor.grad.numpy()) < 1e-12


def test_sgd_takes_the_steps_of_pytorch():  # for Adam see test_training_torch
    torch = pytest.importorskip("torch")
    net, x, labels, _ = problem([5, 6, 4], rate=0.0)
    model = torch.nn.Sequential(
        torch.nn.Linear(5, 6), torch.nn.ReLU(), torch.nn.Linear(6, 4)
    ).double()
    with torch.no_grad():
        for linear, w, b in zip((model[0], model[2]), net.weights, net.biases, strict=True):
            linear.weight.copy_(torch.tensor(w.T))
            linear.bias.copy_(torch.tensor(b))
    steps = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    for _ in range(25):
        steps.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(torch.tensor(x)), torch.tensor(labels))
        loss.backward()
        steps.step()
    rng = np.random.default_rng(0)
    losses = net.fit(x, labels, rng, epochs=25, learning_rate=0.02, optimizer="sgd")
    assert losses.shape == (25,)
    assert losses[-1] == pytest.approx(loss.item(), rel=1e-8)
    np.testing.assert_allclose(net.weights[0].T, model[0].weight.detach().numpy(), rtol=1e-7)


def test_softmax_and_cross_entropy_agree_with_scipy_and_scikit_learn():
    rng = np.random.default_rng(6)
    logits, labels = rng.normal(0, 20, (50, 7)), rng.integers(0, 7, 50)
    np.testing.assert_allclose(softmax(logits), special.softmax(logits, axis=1), rtol=1e-12)
    mild = logits / 10
    wanted = log_loss(labels, special.softmax(mild, axis=1), labels=range(7))
    assert cross_entropy(mild, labels) == pytest.approx(wanted, rel=1e-12)
    assert cross_entropy(np.array([[0.0, 1e4]]), np.array([0])) == pytest.approx(1e4)


def test_evaluate_agrees_with_scikit_learn():
    net, x, labels, _ = problem([5, 7, 6, 4], "classic", batch=60)
    scores = evaluate(net, x, labels)
    p = softmax(net.forward(x))
    assert scores.accuracy == pytest.approx(accuracy_score(labels, p.argmax(axis=1)))
    assert scores.confidence == pytest.approx(p.max(axis=1).mean())
    assert scores.cross_entropy == pytest.approx(log_loss(labels, p, labels=range(4)))


@every
@depths
@pytest.mark.proves(
    "With biases that follow the signal, a wrong factor only multiplies the logits", chapter=3
)
def test_a_wrong_scale_with_biases_that_follow_only_heats_the_logits(sizes, name):
    """ReLU is positively homogeneous: s per dropout layer comes out as s**depth."""
    net, x, _, _ = problem(sizes, "classic", batch=40)
    convention, depth = CONVENTIONS[name], len(sizes) - 2
    s = convention.s_eval(RATE) / CONVENTIONS["classic"].s_eval(RATE)
    follows = copy.deepcopy(net)
    for layer, bias in enumerate(follows.biases):
        bias *= s**layer
    heated = follows.forward(x, convention=convention)
    np.testing.assert_allclose(heated, s**depth * net.forward(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.7])
@pytest.mark.proves(
    "Weights above dropout, times keep, turn a classic network into an inverted one", chapter=3
)
def test_a_classic_network_becomes_an_inverted_one_by_multiplying_with_keep(rate):
    classic, x, labels, masks = problem([5, 7, 6, 4], "classic", rate=rate)
    inverted = copy.deepcopy(classic)
    inverted.convention = CONVENTIONS["inverted"]
    inverted.weights[1:] = [w * (1 - rate) for w in inverted.weights[1:]]
    np.testing.assert_allclose(inverted.forward(x), classic.forward(x), rtol=1e-12)
    np.testing.assert_allclose(inverted.forward(x, masks), classic.forward(x, masks), rtol=1e-12)
    ours, theirs = (net.gradients(x, labels, masks) for net in (inverted, classic))
    np.testing.assert_allclose(ours.weights[0], theirs.weights[0], rtol=1e-10)
    for a, b in zip(ours.weights[1:], theirs.weights[1:], strict=True):
        np.testing.assert_allclose(a * (1 - rate), b, rtol=1e-10)  # chain rule


def test_a_network_tells_how_it_is_built():
    net = MLP((np.int8(5), 7, 6, 4), np.random.default_rng(0), rate=[0.5, 0])
    assert repr(net) == "MLP([5, 7, 6, 4], rate=[0.5, 0.0], convention='inverted')"


def test_one_mask_serves_a_batch():
    net, x, _, masks = problem([5, 7, 6, 4])
    shared = [mask[0] for mask in masks]
    repeated = [np.broadcast_to(mask, (8, mask.size)) for mask in shared]
    np.testing.assert_array_equal(net.forward(x, shared), net.forward(x, repeated))
    nothing = [np.zeros(n, bool) for n in (7, 6)]
    np.testing.assert_allclose(net.forward(x, nothing), np.tile(net.biases[-1], (8, 1)))


def test_each_hidden_layer_can_have_its_own_rate():
    net = MLP([5, 400, 300, 4], np.random.default_rng(0), rate=[0.2, 0.7])
    masks = net.sample_masks(50, np.random.default_rng(1))
    assert [mask.shape for mask in masks] == [(50, 400), (50, 300)]
    assert net.sample_masks(0, np.random.default_rng(1))[0].shape == (0, 400)
    for mask, rate in zip(masks, (0.2, 0.7), strict=True):
        assert abs(1 - mask.mean() - rate) < 5 * np.sqrt(rate * (1 - rate) / mask.size)


def test_initial_weights_have_the_variance_of_he_et_al():
    weights = MLP([200, 300, 2], np.random.default_rng(0)).weights[0]
    assert abs(weights.var() / (2 / 200) - 1) < 5 * np.sqrt(2 / weights.size)


def test_each_epoch_asks_for_all_examples_in_an_order_and_with_masks_of_its_own():
    net, x, labels, _ = problem([5, 60, 4], batch=25)
    asked, losses, ask = [], [], net.gradients

    def gradients(*batch):
        asked.append(batch)
        losses.append(ask(*batch).loss)
        return ask(*batch)

    net.gradients = gradients
    found = net.fit(x, labels, np.random.default_rng(0), epochs=2, batch_size=10)
    assert [len(batch) for batch, _, _ in asked] == [10, 10, 5] * 2
    for epoch in (slice(3), slice(3, 6)):
        rows = np.vstack([np.column_stack(batch[:2]) for batch in asked[epoch]])
        assert not np.array_equal(rows[:, :-1], x)
        assert {*map(tuple, rows)} == {*map(tuple, np.column_stack([x, labels]))}
    assert len({(masks[0][:5].tobytes()) for _, _, masks in asked}) == 6
    np.testing.assert_allclose(found, np.reshape(losses, (2, 3)) @ [0.4, 0.4, 0.2])
