"""Run all measurements: python -m bench."""

from bench import explorer, speed, training

if __name__ == "__main__":
    speed.main()
    explorer.main()
    training.main()
