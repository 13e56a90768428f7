"""What chapter 8 draws, asks and runs."""
