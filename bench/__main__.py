"""Run all measurements: python -m bench."""

from bench import explorer, speed

if __name__ == "__main__":
    speed.main()
    explorer.main()
