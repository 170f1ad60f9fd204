"""Fingerprints identify content."""

import numpy as np

from cancergan.core.provenance import environment, fingerprint


def test_content_alone_counts():
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert fingerprint(image, {"a": 1, "b": 2}) == fingerprint(image.copy(), {"b": 2, "a": 1})
    assert fingerprint(image) == fingerprint(np.asfortranarray(image))
    different = [image + 1, image.reshape(4, 3), image.astype(np.float64)]
    assert len({fingerprint(array) for array in (image, *different)}) == 4
    assert fingerprint("ab", "c") != fingerprint("a", "bc")


def test_the_environment_names_versions():
    assert environment()["packages"]["numpy"] == np.__version__
