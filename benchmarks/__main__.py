"""Run every benchmark and print one row each: ``python -m benchmarks``."""

import itertools

from benchmarks.assessment import assessments
from benchmarks.loader import loaders
from benchmarks.radiomics import extractors
from benchmarks.training_step import training_steps
from benchmarks.translation_step import translation_steps

BENCHMARKS = (loaders, training_steps, translation_steps, extractors, assessments)
for row in itertools.chain.from_iterable(benchmark() for benchmark in BENCHMARKS):
    print(row, flush=True)
