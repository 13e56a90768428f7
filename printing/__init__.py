"""What `make pdf` runs: the built site as one page, and that page as one PDF."""
