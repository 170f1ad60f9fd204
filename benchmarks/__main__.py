"""Run every benchmark and print one row each: ``python -m benchmarks``."""

from benchmarks.loader import loaders
from benchmarks.radiomics import extractors
from benchmarks.training_step import training_steps
from benchmarks.translation_step import translation_steps

for row in (*loaders(), *training_steps(), *translation_steps(), *extractors()):
    print(row)
