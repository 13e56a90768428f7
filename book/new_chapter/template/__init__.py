"""What chapter 99 draws and asks."""
