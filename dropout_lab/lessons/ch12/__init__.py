"""What chapter 12 draws, asks and runs."""
