"""What chapter 13 draws, asks and runs."""
