"""What chapter 3 draws, asks and runs."""
