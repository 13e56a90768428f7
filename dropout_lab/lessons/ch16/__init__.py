"""What chapter 16 draws and asks."""
