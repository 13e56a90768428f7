"""What `make bench` measures, beside what, and what it says of the budgets of CONTRIBUTING."""
