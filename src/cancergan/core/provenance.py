"""Where a result comes from: content fingerprints and the environment that computed it."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import numpy as np

RECORDED_PACKAGES = ("cancergan", "torch", "lightning-fabric", "numpy", "scipy", "scikit-learn",
                     "scikit-image", "pandas", "safetensors", "torchmetrics")  # fmt: skip


def fingerprint(*parts: object) -> str:
    """Return 16 hexadecimal digits that identify the content of ``parts``.

    Arrays count by dtype, shape and bytes; bytes as they are; anything else by its JSON.
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype.str}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).tobytes())
        elif isinstance(part, bytes):
            digest.update(part)
        else:
            digest.update(json.dumps(part, sort_keys=True, default=str).encode())
        digest.update(b"\x00")
    return digest.hexdigest()[:16]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "absent"


def environment() -> dict[str, object]:
    """Return what is needed to say where a run was made: versions, platform, processors."""
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "packages": {package: _version(package) for package in RECORDED_PACKAGES},
    }


def parts_of(provenance: Mapping[str, Any]) -> list[Any]:
    """Return the provenance of each part of a cohort that was put together; none of a plain one.

    Cohorts put together are a list; the folders of a division are parts by name.
    """
    parts = provenance.get("parts", ())
    return list(parts.values() if isinstance(parts, Mapping) else parts)
