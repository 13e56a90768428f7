"""The built site as one page, and that page as a PDF or an e-book."""

import sys
from pathlib import Path

# The site's own extension says what the social cards are called and what stands on them.
sys.path.append(str(Path(__file__).parents[1] / "_extensions"))
