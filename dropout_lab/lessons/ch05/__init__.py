"""What chapter 5 draws, asks and runs."""
