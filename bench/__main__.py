"""Run all measurements: python -m bench."""

from bench import chapters, ensemble, explorer, pages, speed, training

if __name__ == "__main__":
    speed.main()
    ensemble.main()
    explorer.main()
    pages.main()
    training.main()
    chapters.main()
