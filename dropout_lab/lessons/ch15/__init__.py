"""What chapter 15 draws and asks."""
