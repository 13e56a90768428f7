"""The built site as one page, and that page as a PDF or an e-book."""
