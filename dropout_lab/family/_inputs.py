"""An argument check that the members of the family share."""

from dropout_lab._checks import check_rate

__all__ = ["check_rate_below_one"]


def check_rate_below_one(rate):
    """Return `rate` as a float, or raise; 1 is refused, since its scale would be infinite."""
    rate = check_rate(rate)
    if rate == 1:
        raise ValueError(f"rate must be below 1, got {rate}: its variance would be infinite")
    return rate
