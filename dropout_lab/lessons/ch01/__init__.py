"""What chapter 1 draws, asks and runs."""
