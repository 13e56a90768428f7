"""The browsers of this machine, for tests, measurements and print: found, or installed."""
