"""What chapter 4 draws, asks and runs."""
