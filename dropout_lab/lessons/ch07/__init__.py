"""What chapter 7 draws, asks and runs."""
