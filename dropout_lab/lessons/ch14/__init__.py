"""What chapter 14 draws and asks."""
