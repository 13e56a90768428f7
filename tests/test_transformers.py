"""Chapter 14: a text without repeats, PyTorch's block, and dropout where it is said to be."""

import numpy as np
import pytest
import torch
from figure_checks import bar_ends, drawn, said, t_half
from torch import nn

from dropout_lab.lessons.ch14 import figures, nets, sweeps, text
from dropout_lab.lessons.ch14.places import PLACES, SEQUENCES, TOKENS

SMALL = {"length": 6, "width": 8, "blocks": 2, "heads": 2}


def net(rates=None, causal=True):
    entry, exits = (5, 5) if causal else (4, 3)
    return nets.transformer(entry, exits, **SMALL, rates=rates or {}, causal=causal, seed=0)


def numbers(*shape):
    return torch.from_numpy(np.random.default_rng(0).normal(size=shape)).float()


# --- the text ------------------------------------------------------------------------------------


def test_each_paragraph_of_the_manual_is_in_one_part_once(monkeypatch):
    topics = {"b": "two\n\none  again", "a": "one\nagain\n\n \nthree\n"}
    monkeypatch.setattr("pydoc_data.topics.topics", topics)
    assert text.paragraphs() == ["one\nagain", "three", "two"]
    monkeypatch.undo()
    found = text.manual()
    whole = "\n\n".join(found.spell(part) for part in found[1:])
    assert sorted(whole.split("\n\n")) == sorted(text.paragraphs())
    shares = np.array([len(part) for part in found[1:]]) / sum(map(len, found[1:]))
    np.testing.assert_allclose(shares, [0.8, 0.1, 0.1], atol=0.02)


def test_shared_windows_are_counted():
    one, other = np.arange(10), np.array([9, 2, 3, 4, 5, 9])
    assert text.shared_windows(one, other, 3) == 2 / 8  # 2 3 4 and 3 4 5 of eight


def test_a_pass_reads_each_character_once():
    count, length = 1000, sweeps.LENGTH
    read = sweeps.windows(np.arange(count), np.random.default_rng(3))
    passes = [np.array([next(read) for _ in range(14)]) for _ in range(2)]
    firsts = []
    for found in passes:
        assert (np.diff(found, axis=1) == 1).all()
        wanted = np.sort(found[:, 1:].ravel())
        assert len(np.unique(wanted)) == 14 * length
        firsts.append(found[:, 0])
    assert (np.sort(firsts[0]) != firsts[0]).any()


def test_bits_are_those_of_a_model_that_knows_the_chances():
    class Known(nn.Module):
        def forward(self, x):  # the next of three symbols is the next number, or so it thinks
            return torch.log(torch.tensor([0.25, 0.5, 0.25]))[(torch.arange(3) - x[..., None]) % 3]

    count = torch.arange(129).numpy()
    assert sweeps.bits(Known(), count % 3).tolist() == pytest.approx([1, 1])
    assert sweeps.bits(Known(), -count % 3).tolist() == pytest.approx([2, 2])
    assert len(sweeps.bits(Known(), np.arange(641) % 3, every=4)) == 3


def test_patches_are_squares_of_the_image():
    image = np.arange(784.0).reshape(28, 28)
    found = sweeps.patches(image.reshape(1, 784))[0].reshape(4, 4, 7, 7)
    np.testing.assert_array_equal(found[2, 1], image[14:21, 7:14])


# --- the net -------------------------------------------------------------------------------------


@pytest.mark.parametrize("causal", [True, False])
def test_a_block_is_that_of_pytorch(causal):
    block = net(causal=causal).blocks[0]
    twin = nn.TransformerEncoderLayer(8, 2, 32, dropout=0.0, batch_first=True, norm_first=True)
    pairs = {
        "self_attn.in_proj_": block.ask, "self_attn.out_proj.": block.answer,
        "linear1.": block.think[0], "linear2.": block.think[2],
        "norm1.": block.norms[0], "norm2.": block.norms[1],
    }  # fmt: skip
    twin.load_state_dict(
        {
            name + kind: getattr(part, kind)
            for name, part in pairs.items()
            for kind in ("weight", "bias")
        }
    )
    x = numbers(3, 6, 8)
    mask = nn.Transformer.generate_square_subsequent_mask(6) if causal else None
    torch.testing.assert_close(block(x), twin(x, mask), atol=1e-5, rtol=1e-4)


def test_a_token_sees_what_came_before_it():
    model, x = net().eval(), torch.tensor([[0, 1, 2, 3, 4, 0], [0, 1, 2, 4, 4, 0]])
    one, other = model(x)
    torch.testing.assert_close(one[:3], other[:3])
    assert not torch.allclose(one[3:], other[3:])


def test_noise_on_updates_is_shared_as_it_says():
    ones = torch.ones(4000, 3, 4)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        units, whole = (net({place: 0.2}).blocks[1].drop(ones) for place in ("residual", "path"))
    for found in (units, whole):
        assert found.unique().tolist() == [0.0, 1.25]
        assert (found == 0).double().mean().item() == pytest.approx(0.2, abs=5 * 0.4 / 4000**0.5)
    assert (whole == whole[:, :1, :1]).all()
    factors = units.numpy().reshape(4000, 12)
    assert np.abs(np.corrcoef(factors.T) - np.eye(12)).max() < 5 / 4000**0.5


def test_the_rate_of_whole_updates_grows_with_the_blocks():
    assert [block.path for block in net({"path": 0.2}).blocks] == [0.1, 0.2]
    with pytest.raises(ValueError, match=r"rates must name places .* got \['atention'\]"):
        net({"atention": 0.1})


def test_embeddings_and_attention_weights_are_dropped_in_training_only():
    model, seen = net({"embedding": 0.3}), []
    model.blocks.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    x = torch.zeros(500, 6, dtype=torch.long)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model(x)
        model.eval()(x)
        shares = [(part == 0).double().mean().item() for part in seen]
        assert shares == pytest.approx([0.3, 0.0], abs=5 * 0.46 / 24_000**0.5)
        torch.testing.assert_close(seen[0][seen[0] != 0], (seen[1] / 0.7)[seen[0] != 0])
        # The first token looks at itself alone: its values come whole, enlarged, or not at all.
        block, heads = net({"attention": 0.3}).blocks[0], []
        block.answer.register_forward_pre_hook(lambda _, inputs: heads.append(inputs[0][:, 0]))
        tokens = numbers(2000, 6, 8)
        block(tokens)
        block.eval()(tokens)
    trained, used = (part.reshape(2000, 2, 4) for part in heads)
    lost = (trained == 0).all(dim=2)
    assert lost.double().mean().item() == pytest.approx(0.3, abs=5 * 0.46 / 4000**0.5)
    torch.testing.assert_close(trained[~lost], used[~lost] / 0.7)


@pytest.mark.proves(
    "TransformerEncoderLayer drops attention weights, hidden units and both updates, and no "
    "embeddings",
    chapter=14,
)
def test_where_pytorch_drops():
    layer, x = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.5, batch_first=True), numbers(2, 6, 8)
    drops, seen = (layer.dropout, layer.dropout1, layer.dropout2), {}
    assert [each for each in layer.modules() if isinstance(each, nn.Dropout)] == list(drops)
    assert layer.self_attn.dropout == 0.5
    for each in drops:
        each.register_forward_pre_hook(lambda part, x: seen.update({part: x[0].shape[-1]}))
        each.p = 0.0
    layer.self_attn.dropout = 0.0
    used = layer.eval()(x)
    torch.testing.assert_close(layer.train()(x), used)  # these four, and no other
    assert [seen[each] for each in drops] == [16, 8, 8]
    for part, name in ((layer.self_attn, "dropout"), *((each, "p") for each in drops)):
        setattr(part, name, 0.5)
        assert not torch.allclose(layer(x), used)
        setattr(part, name, 0.0)


# --- figures -------------------------------------------------------------------------------------


COINS = zip(PLACES, (216, 63, 216, 432, 3, 216), strict=True)


@pytest.mark.parametrize(("name", "coins"), list(COINS))
def test_factors_are_zero_or_enlarged_and_shared_as_counted(name, coins):
    place = PLACES[name]
    found = np.array([place.factors(0.2, np.random.default_rng(seed)) for seed in range(400)])
    assert set(np.unique(found[~np.isnan(found)])) == {0.0, 1.25}
    assert np.nanmean(found) == pytest.approx(1, abs=5 * 0.5 / (400 * coins) ** 0.5)
    columns = found.reshape(400, -1).T
    patterns = {column.tobytes() for column in columns if not np.isnan(column).any()}
    assert len(patterns) == place.decisions() == coins
    assert found.shape[1] == SEQUENCES * TOKENS


def test_gains_of_a_study_are_drawn_with_their_intervals():
    rng = np.random.default_rng(0)
    curves = {rate: rng.normal(4, 0.1, (5, 8)) for rate in (0.0, 0.1)}
    changes = {passes: rng.normal(0.2, 0.1, 5) for passes in (1, 20)}
    figure = drawn(figures.pass_effects, curves, changes, 20, 0.1)
    for place, values in enumerate(changes.values()):
        ends = bar_ends(figure.axes[1].containers[place])
        half = t_half(values)
        np.testing.assert_allclose(ends, [[values.mean() - half, values.mean() + half]], rtol=1e-3)
    assert f"{changes[20].mean():+.2f} ± {t_half(changes[20]):.2f}" in said(figure)
    both = {name: rng.normal(0, 0.02, (3, 5)) for name in ("units", "whole updates")}
    figure = drawn(figures.path_effects, both, [0.1, 0.2, 0.3], "test loss, nats")
    for container, values in zip(figure.axes[0].containers, both.values(), strict=True):
        ends = bar_ends(container)
        np.testing.assert_allclose(ends.mean(axis=1), values.mean(axis=1))
        np.testing.assert_allclose(np.ptp(ends, axis=1) / 2, t_half(values), rtol=1e-3)
