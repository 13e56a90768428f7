"""Run all measurements: python -m bench."""

from bench import chapters, explorer, pages, pieces, speed
from bench.data import use_shared_data

if __name__ == "__main__":
    use_shared_data()
    speed.main()
    explorer.main()
    pieces.main()
    pages.main()
    chapters.main()
