"""What chapter 6 draws, asks and runs."""
