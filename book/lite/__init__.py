"""The NumPy chapters with Python in the reader's browser: what ``make lite`` builds."""
