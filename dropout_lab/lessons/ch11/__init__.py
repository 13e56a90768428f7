"""What chapter 11 draws, asks and runs."""
