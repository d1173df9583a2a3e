"""Measurements, never tests: the read path beside its peers, in paired runs, as ratios. `python -m bench --help`."""
