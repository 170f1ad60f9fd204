"""The policy: which findings a synthetic cohort must show before anybody uses it."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from cancergan.core.errors import BadInputError
from cancergan.core.validation import validated

DEFAULT_POLICY = Path(__file__).parent / "default_policy.yaml"
BOUNDS = ("at_least", "at_most", "at_most_times_floor")


class Rule(BaseModel):
    """One bound on the bad end of one finding's interval.

    ``at_least`` binds the low end; ``at_most`` and ``at_most_times_floor`` (a multiple of the
    finding's own floor) bind the high end. Without ``space`` the rule holds in every space. A rule
    ``if_measured`` is about what some releases do not claim: it holds where the report neither
    measured nor skipped its finding.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: str
    name: str
    space: str | None = None
    at_least: float | None = Field(default=None, allow_inf_nan=False)
    at_most: float | None = Field(default=None, allow_inf_nan=False)
    at_most_times_floor: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    if_measured: bool = False
    why: str = ""

    @model_validator(mode="after")
    def _one_bound(self) -> Rule:
        given = [bound for bound in BOUNDS if getattr(self, bound) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(BOUNDS)}; there are {len(given)}")
        return self

    @property
    def subject(self) -> str:
        """Which finding the rule is about."""
        return f"{self.family} {self.name}" + (f" in {self.space}" if self.space else "")

    @property
    def bound(self) -> str:
        """The bound in words."""
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        if self.at_most is not None:
            return f"at most {self.at_most:g}"
        return f"at most {self.at_most_times_floor:g} times its floor"


class Policy(BaseModel):
    """A named list of rules; all of them must hold, and no rules is a refusal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    rules: tuple[Rule, ...] = ()

    @classmethod
    def default(cls) -> Policy:
        """Return the policy that ships with the library: a start, not a standard."""
        return cls.open(DEFAULT_POLICY)

    @classmethod
    def open(cls, path: Path | str) -> Policy:
        """Read a policy from YAML.

        Raises:
            BadInputError: the file is missing, is not YAML, or has an unknown key or a bad value.
        """
        path = Path(path)
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise BadInputError(f"{path}: not found. Check the path.") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            detail = " ".join(str(error).split())
            raise BadInputError(f"{path}: is not YAML ({detail}). Mend it.") from None
        if not isinstance(content, dict):
            raise BadInputError(f'{path}: is not a policy. It needs "name" and "rules".')
        return validated(cls, content, where=str(path))
