"""Run every benchmark and print one row each: ``python -m benchmarks``."""

import itertools

from benchmarks.loader import loaders
from benchmarks.training_step import training_steps

for row in itertools.chain(loaders(), training_steps()):
    print(row, flush=True)
