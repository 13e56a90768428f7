"""Pieces that compute in the page: the reader trains, draws and clicks without a kernel."""
