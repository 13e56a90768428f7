"""Argument checks that the members of the family share."""

from dropout_lab._checks import check_rate, check_real_array

__all__ = ["check_axes", "check_rate_below_one"]


def check_rate_below_one(rate):
    """Return `rate` as a float, or raise; 1 is refused, since its scale would be infinite."""
    rate = check_rate(rate)
    if rate == 1:
        raise ValueError(f"rate must be below 1, got {rate}: its variance would be infinite")
    return rate


def check_axes(x, name, axes):
    """Return `x` as a floating-point array with the named axes, or raise.

    Parameters
    ----------
    x : numpy.ndarray
        The array.
    name : str
        What the error message calls it.
    axes : str
        Names of its axes with commas, ``"batch, inputs"``. ``"..."`` in front or at the end
        allows for any number of further axes.

    Returns
    -------
    numpy.ndarray
        The array; integers became float64.
    """
    x = check_real_array(x, name)
    names = axes.split(", ")
    open_ended = "..." in names
    wanted = len(names) - open_ended
    if x.ndim < wanted or (x.ndim > wanted and not open_ended):
        raise ValueError(f"{name} must have shape ({axes}), got {x.shape}")
    return x
