"""Feature maps of a photograph, and how much of what dropout takes is still to be had."""

import numpy as np

__all__ = ["edge_maps", "refill"]


def edge_maps(photo):
    """Return four feature maps of a photograph: brightness that grows in one direction.

    Parameters
    ----------
    photo : numpy.ndarray
        Shape ``(rows, columns, 3)``, values from 0 to 255.

    Returns
    -------
    numpy.ndarray
        Of the photograph at a quarter of its size, in gray, after a fixed edge filter each and
        ReLU; shape ``(4, rows // 4 - 4, columns // 4 - 4)``. Brighter to the right, to the left,
        downward, upward.
    """
    import torch
    from torch.nn import functional

    bell, slope = np.array([1, 4, 6, 4, 1]) / 16, np.array([-1, -2, 0, 2, 1]) / 8
    edge = np.outer(bell, slope)
    filters = torch.tensor(np.stack([edge, -edge, edge.T, -edge.T]))[:, None]
    gray = torch.tensor(photo / 255).mean(dim=2)[None, None]
    return functional.conv2d(functional.avg_pool2d(gray, 4), filters).relu()[0].numpy()


def refill(maps, mask):
    """Refill what was dropped from what is left.

    A place gets the weighted mean of those of its eight neighbors that were kept, or the mean of
    its map if none was. A map that was dropped as a whole is predicted, place by place, from the
    others by linear regression.

    Parameters
    ----------
    maps : numpy.ndarray
        Shape ``(maps, rows, columns)``.
    mask : numpy.ndarray of bool
        True where a value was kept, same shape.

    Returns
    -------
    filled : numpy.ndarray
        The maps, dropped values refilled.
    explained : float
        Share of the variance of the dropped values, around the mean of their map, that the
        refilled ones explain.
    """
    filled, alive = maps.copy(), mask.any(axis=(1, 2))
    for number, values in enumerate(maps):
        if alive[number]:
            guess = _from_neighbors(values, mask[number])
        else:
            guess = _from_other_maps(values, maps[alive])
        filled[number] = np.where(mask[number], values, guess)
    means = maps.mean(axis=(1, 2), keepdims=True)
    missed = ((maps - filled)[~mask] ** 2).sum()
    return filled, 1 - missed / ((maps - means)[~mask] ** 2).sum()


def _from_neighbors(values, mask):
    """Return for each place the weighted mean of its neighbors that were kept."""
    import torch
    from torch.nn import functional

    near = torch.tensor([[1, 2, 1], [2, 0, 2], [1, 2, 1]]).double()
    both = torch.tensor(np.stack([values * mask, mask]))[:, None].double()
    total, weight = functional.conv2d(both, near[None, None], padding=1)[:, 0].numpy()
    guess = np.full(values.shape, values[mask].mean())
    return np.divide(total, weight, out=guess, where=weight > 0)


def _from_other_maps(values, others):
    """Return the best linear guess of one map from others."""
    columns = [np.ones(values.size), *(other.ravel() for other in others)]
    design = np.stack(columns, axis=1)
    found = np.linalg.lstsq(design, values.ravel(), rcond=None)[0]
    return (design @ found).reshape(values.shape)
