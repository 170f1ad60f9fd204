"""Benchmarks: ratios of our speed to a straightforward alternative, paired in one run."""
