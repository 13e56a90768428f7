"""What chapter 15 draws, asks and computes."""
