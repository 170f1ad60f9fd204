"""Run every benchmark and print one row each: ``python -m benchmarks``."""

import itertools

from benchmarks.assessment import assessments
from benchmarks.loader import loaders
from benchmarks.training_step import training_steps
from benchmarks.translation_step import translation_steps

for row in itertools.chain(loaders(), training_steps(), translation_steps(), assessments()):
    print(row, flush=True)
