"""What chapter 2 draws, asks and runs."""
