"""Settings of the whole suite."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from tests.orthanc import orthanc_running

# Tests run side by side on few cores: one thread each is faster for all, and repeatable.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The first example pays for lazy imports, and a busy machine for its neighbours: no time limit.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory):
    """A PACS for all tests of a process; what others have sent is in it too."""
    with orthanc_running(tmp_path_factory.mktemp("orthanc")) as server:
        yield server
