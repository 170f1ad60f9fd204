"""Settings of the whole suite."""

from __future__ import annotations

import os

# Tests run side by side on few cores: one thread each is faster for all, and repeatable.
os.environ.setdefault("OMP_NUM_THREADS", "1")
