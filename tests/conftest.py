"""Settings and fixtures that the unit tests share."""

import numpy as np
import pytest
from hypothesis import settings

# The same examples in every run: a test that passed once passes again.
settings.register_profile("dropout_lab", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("dropout_lab")


@pytest.fixture
def rng():
    """Return a generator with a fixed seed."""
    return np.random.default_rng(20140615)


@pytest.fixture
def message_of():
    """Return a function that calls `call`, expects exactly `error` and returns its message."""

    def expect(error, call, *arguments, **keywords):
        with pytest.raises(error) as caught:
            call(*arguments, **keywords)
        assert caught.type is error
        return str(caught.value)

    return expect
