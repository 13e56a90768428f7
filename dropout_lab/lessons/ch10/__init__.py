"""What chapter 10 draws, asks and runs."""
