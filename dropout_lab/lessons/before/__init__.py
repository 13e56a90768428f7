"""What stands beside the page "Before you start"."""
