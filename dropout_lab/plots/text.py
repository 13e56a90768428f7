"""Numbers as the figures write them."""

__all__ = ["signed"]


def signed(value, digits=2):
    """Write a difference with its sign.

    Parameters
    ----------
    value : float
        The difference.
    digits : int, default 2
        Digits behind the point.

    Returns
    -------
    str
        With a plus, or a minus that is as wide as a plus.

    Examples
    --------
    >>> signed(0.5), signed(-0.1234, 3)
    ('+0.50', '−0.123')
    """
    return f"{value:+.{digits}f}".replace("-", "−")
