"""What chapter 9 draws, asks and runs."""
