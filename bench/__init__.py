"""What `make bench` measures: ratios within one run first, then the figures behind them."""
