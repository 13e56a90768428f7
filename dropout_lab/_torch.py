"""What the modules that run PyTorch share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@contextmanager
def seeded(seed: int, device: "torch.device") -> Iterator[None]:
    """Seed the global generators that dropout draws from, and put their state back.

    Parameters
    ----------
    seed : int
        At least 0.
    device : torch.device
        Where the model is. Of several GPUs only this one's generator is seeded.
    """
    import torch

    cuda = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if cuda else []):
        torch.default_generator.manual_seed(seed)
        if cuda:
            with torch.cuda.device(device):  # manual_seed seeds the current one
                torch.cuda.manual_seed(seed)
        yield
