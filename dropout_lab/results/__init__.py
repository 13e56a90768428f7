"""The stored results of the sweeps, one JSON file each."""
