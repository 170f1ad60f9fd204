"""Small federations for tests: two or three hospitals with bright blobs, tiny networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cancergan.federation.agreement import Agreement, Public
from cancergan.federation.hospital import Hospital
from cancergan.federation.messages import Message
from cancergan.federation.policy import HospitalPolicy
from cancergan.recipes.loader import load_recipe
from tests.data import blobs, narrow

CLASSES = ("class_0", "class_1")
ALL = ("gradient", "label", "source", "weights", "figures", "cases", "epsilon")


def agreed(recipe: str = "cgan", *, method: str = "asyndgan", **settings: Any) -> Agreement:
    """Return an agreement on 16 x 16 images and two classes."""
    common: dict[str, Any] = {
        "image_size": 16,
        "training.steps": 4,
        "training.batch_size": 4,
        "training.checkpoint_every": 2,
        "training.log_every": 1,
    }
    compares = settings.pop("compares", False)
    values = {**common, **narrow(recipe), **settings}
    public = Public(classes=CLASSES, spatial=(16, 16))
    return Agreement.of(load_recipe(recipe, values), public, method=method, compares=compares)


def maps_to_images(**settings: Any) -> Agreement:
    """Return an agreement on a translation from label maps that never looks at real pixels."""
    loss = {"game.similarities": {"l1": 0.0}, "data.source.read": "mask"}
    return agreed("pix2pix", **{**loss, "game.generator.options.depth": 3, **settings})


def a_hospital(folder: Path, seed: int = 0, cases: int = 12, **policy: Any) -> Hospital:
    """Return a hospital with blobs."""
    allowed = HospitalPolicy(**{"fields": ALL, **policy})
    return Hospital(f"h{seed}", blobs(cases, seed=seed), allowed, folder)


def says(hospital: Hospital, message: Message) -> Message:
    """Return a hospital's answer to a message."""
    return Message.decode(hospital.answer(message.encode()), "from hospital")


def join(agreement: Agreement, sequence: int = 1) -> Message:
    """Return the message that begins a run."""
    values = {"agreement": agreement.to_json(), "clock": 0.0}
    return Message("join", agreement.run, sequence, values=values)
