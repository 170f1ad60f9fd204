"""What a hospital allows: how often it answers, which fields may leave, how many cases it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from cancergan.core.errors import BadInputError
from cancergan.core.validation import validated

Leaving = Literal["gradient", "label", "source", "weights", "figures", "cases", "epsilon"]


class MapSettings(BaseModel):
    """How a hospital draws label maps: smooth bodies of random place and shape, one per value.

    Nothing of it is learnt from masks, so that a map tells of no patient. ``radius`` is the range
    of half axes as shares of the image's side, ``centre`` how far the middle may lie from that of
    the image (0 to 1), ``roughness`` how far the outline departs from an ellipse, ``empty`` the
    share of maps without a body.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    radius: tuple[float, float] = (0.08, 0.3)
    centre: float = Field(default=0.5, ge=0, le=1)
    roughness: float = Field(default=0.15, ge=0, le=1)
    empty: float = Field(default=0.0, ge=0, le=1)


class SelectiveSettings(BaseModel):
    """Selective sharing of weight updates by the sparse vector technique, and what it may cost.

    Attributes:
        share: the largest share of the weights whose change is sent, in (0, 1].
        clip: every change is brought to [-clip, clip] first.
        threshold: changes (after the noise) below this size are not sent.
        epsilon: the privacy loss of one answer; they add up over answers.
        budget: the sum that is never exceeded; further answers are refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    share: float = Field(default=0.1, gt=0, le=1)
    clip: float = Field(default=1e-3, gt=0)
    threshold: float = Field(default=1e-4, ge=0)
    epsilon: float = Field(gt=0)
    budget: float = Field(gt=0)


class HospitalPolicy(BaseModel):
    """What one hospital allows; what is not allowed does not leave, whoever asks for it.

    Attributes:
        max_steps: how many gradients or weights it sends in all, restarts included.
        min_cases: with fewer cases it takes no part.
        fields: what may leave. "gradient" and "label" or "source" serve AsynDGAN, "weights"
            averaging; "figures" (losses and mean scores), "cases" (their number) and
            "epsilon" (what was spent) may be left out and the run goes on without.
        largest_batch: cases that one gradient may be of.
        allow_compare_with_real: whether a loss may compare with real pixels: its gradients show
            them to the coordinator.
        largest_epsilon: runs without a privacy budget, or with a larger one, are refused.
        maps: how label maps are drawn, for games that start from one.
        selective: share weights selectively only, with noise, and within a budget.
        seed: of the hospital's own draws; a secret one keeps the coordinator from knowing which
            case was drawn when. Left out, it follows from recipe and site.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_steps: int = Field(default=100_000, ge=1)
    min_cases: int = Field(default=8, ge=1)
    fields: tuple[Leaving, ...] = ("gradient", "label", "source", "figures", "cases", "epsilon")
    largest_batch: int = Field(default=256, ge=1)
    allow_compare_with_real: bool = False
    largest_epsilon: float | None = Field(default=None, gt=0)
    maps: MapSettings = MapSettings()
    selective: SelectiveSettings | None = None
    seed: int | None = None

    @classmethod
    def open(cls, path: Path | None) -> HospitalPolicy:
        """Return the policy in a YAML file, the library's own where there is none.

        Raises:
            BadInputError: not such a file, or an unknown key.
        """
        if path is None:
            return cls()
        try:
            values = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            line = " ".join(str(error).split())
            raise BadInputError(f"{path}: cannot be read as YAML ({line}).") from None
        if not isinstance(values, dict):
            raise BadInputError(f"{path}: is not a policy: expected keys such as max_steps.")
        return validated(cls, values, where=str(path))
