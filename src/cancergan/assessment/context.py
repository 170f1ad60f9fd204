"""What every protocol reads: three sides in one geometry, and their features, computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.assessment.settings import AssessmentSettings
from cancergan.assessment.standardised import standardised
from cancergan.cohort.case import Case, Float32, Float64
from cancergan.cohort.preparation import Preparation
from cancergan.core.estimates import Direction, Estimate
from cancergan.core.provenance import fingerprint
from cancergan.core.seeds import derive_seed

if TYPE_CHECKING:
    from cancergan.downstream.classifier import Classifier
    from cancergan.downstream.feature_space import FeatureSpace
    from cancergan.downstream.radiomics_space import RadiomicsSpace

Integers = npt.NDArray[np.int64]
T = TypeVar("T")
SideName = Literal["real", "synthetic", "learning"]


@dataclass(frozen=True, eq=False)
class Side:
    """The cases of one cohort as arrays.

    Attributes:
        images: (n, C, *spatial) float32 in [-1, 1].
        labels: (n,) codes into the context's classes, or None.
        table: one row for each case, with ``case_id`` and ``patient_id``.
    """

    images: Float32
    labels: Integers | None
    table: pd.DataFrame

    def __len__(self) -> int:
        return len(self.images)

    @property
    def units(self) -> tuple[str, ...]:
        """The patient of each case."""
        return tuple(self.table["patient_id"].astype(str))

    @property
    def patients(self) -> int:
        """How many patients there are: what a share of these cases is as sure as."""
        return len(set(self.units))


@dataclass(frozen=True, eq=False)
class Context:
    """An assessment in the making.

    Attributes:
        real: held-out real cases: the reference of every comparison.
        synthetic: the cases under assessment.
        learning: real cases that encoder and classifier learn from; never the reference.
        generator_saw_learning: whether ``learning`` is what the generator was trained on.
        classes: names of the classes; empty without labels on all sides.
        preparation: the geometry and window of all images.
        columns: what the channels are called, where the cases are rows of a table.
        claim: the privacy budget that the synthetic cases were made under, as their provenance
            records it; None where none is claimed.
    """

    real: Side
    synthetic: Side
    learning: Side
    generator_saw_learning: bool
    classes: tuple[str, ...]
    preparation: Preparation
    settings: AssessmentSettings
    seed: int
    columns: tuple[str, ...] = ()
    claim: Mapping[str, Any] | None = None
    _memory: dict[tuple[str, ...], Any] = field(default_factory=dict, repr=False)

    @property
    def is_table(self) -> bool:
        """Whether the cases are rows of a table, (n, d), rather than images."""
        return not self.preparation.spatial

    def side(self, name: SideName) -> Side:
        """Return one of the three sides by name."""
        sides: Mapping[SideName, Side] = {
            "real": self.real,
            "synthetic": self.synthetic,
            "learning": self.learning,
        }
        return sides[name]

    def codes(self, name: SideName) -> Integers:
        """Return the class of each case of one side, as a number; only where there are classes."""
        labels = self.side(name).labels
        if labels is None:
            raise ValueError(f"the {name} side has no labels; protocols ask for classes first")
        return labels

    def remembered(self, key: tuple[str, ...], compute: Callable[[], T]) -> T:
        """Return what ``compute`` gives, computed at the first call for this key."""
        if key not in self._memory:
            self._memory[key] = compute()
        remembered: T = self._memory[key]
        return remembered

    def with_synthetic(self, side: Side) -> Context:
        """Return an assessment of other synthetic cases, by the same encoder and classifier."""
        kept = {key: value for key, value in self._memory.items() if "synthetic" not in key}
        other = replace(self, synthetic=side, _memory=kept)
        learnt = ("encoder", "random_convolution", "given_spaces", "classifier")
        vars(other).update({name: vars(self)[name] for name in learnt if name in vars(self)})
        return other

    def seed_for(self, *purpose: object) -> int:
        """Return the seed of one purpose within this assessment."""
        return derive_seed(self.seed, "assessment", *purpose)

    @cached_property
    def encoder(self) -> FeatureSpace:
        """The feature space learnt from the learning side alone."""
        from cancergan.downstream.encoder import train_encoder

        return train_encoder(
            self.learning.images,
            self.learning.labels if len(self.classes) > 1 else None,
            steps=self.settings.encoder_steps,
            batch_size=self.settings.batch_size,
            seed=self.seed_for("encoder"),
        )

    @cached_property
    def random_convolution(self) -> FeatureSpace:
        """The feature space that nobody trained, standardised on the learning side.

        Of a table it is the columns themselves.
        """
        from cancergan.downstream.untrained import untrained_space

        space = untrained_space(self.preparation.channels, len(self.preparation.spatial))
        return self._standardised(space)

    def _standardised(self, space: FeatureSpace) -> FeatureSpace:
        seen = space.features(self.learning.images)
        standard = standardised(space, seen)
        self.remembered(("features", space.name, "learning"), lambda: standard.of(seen))
        return standard

    @cached_property
    def radiomics(self) -> FeatureSpace:
        """Radiomic features that vary on the learning side, standardised there."""
        from cancergan.downstream.radiomics_space import varying

        seen = self._radiomics_of_learning
        varied = seen[:, varying(seen)]
        standard = standardised(self.radiomics_space, varied)
        self.remembered(("features", standard.name, "learning"), lambda: standard.of(varied))
        return standard

    @cached_property
    def radiomics_space(self) -> RadiomicsSpace:
        """The radiomics space before standardisation; says which features it leaves out."""
        from cancergan.downstream.radiomics_space import RadiomicsSpace

        return RadiomicsSpace().without_constant(self._radiomics_of_learning)

    @cached_property
    def _radiomics_of_learning(self) -> Float64:
        from cancergan.downstream.radiomics_space import RadiomicsSpace

        return RadiomicsSpace().features(self.learning.images)

    @property
    def spaces(self) -> tuple[FeatureSpace, ...]:
        """The feature spaces in which fidelity and diversity are measured."""
        if self.is_table:
            return self.encoder, self.random_convolution, *self.given_spaces
        return self.encoder, self.random_convolution, self.radiomics, *self.given_spaces

    @cached_property
    def given_spaces(self) -> tuple[FeatureSpace, ...]:
        """The spaces that the settings name, standardised on the learning side."""
        return tuple(self._standardised(space) for space in self.settings.spaces)

    @cached_property
    def classifier(self) -> Classifier:
        """A classifier of the learning side alone; only where there are two classes or more."""
        from cancergan.downstream.classifier import train_classifier

        return train_classifier(
            self.learning.images,
            self.codes("learning"),
            n_classes=len(self.classes),
            steps=self.settings.encoder_steps,
            batch_size=self.settings.batch_size,
            seed=self.seed_for("classifier"),
            augmentation="classical",
        )

    def features(self, space: FeatureSpace, name: SideName) -> Float64:
        """Return the features (n, d) of one side in one space."""
        key = ("features", space.name, name)
        return self.remembered(key, lambda: space.features(self.side(name).images))

    def physical(self, name: SideName) -> list[Case]:
        """Return the cases of one side in physical units, in the common geometry."""
        side = self.side(name)
        return [
            Case(
                case_id=str(row["case_id"]),
                image=self.preparation.invert(image),
                attributes={str(key): value for key, value in row.items()},
            )
            for image, (_, row) in zip(side.images, side.table.iterrows(), strict=True)
        ]

    def estimate(
        self,
        family: str,
        name: str,
        space: str,
        value: float,
        interval: tuple[float, float] | None,
        *,
        direction: Direction,
        measured_in: object = "",
        floor: float | None = None,
        note: str = "",
        n_real: int | None = None,
        n_synthetic: int | None = None,
    ) -> Estimate:
        """Return a finding of this assessment; ``measured_in`` joins its fingerprint."""
        low, high = interval or (None, None)
        return Estimate(
            family=family,
            name=name,
            space=space,
            value=float(value),
            low=low,
            high=high,
            n_real=len(self.real) if n_real is None else n_real,
            n_synthetic=len(self.synthetic) if n_synthetic is None else n_synthetic,
            direction=direction,
            fingerprint=fingerprint_of(self.preparation, name, measured_in),
            floor=floor,
            confidence=self.settings.confidence,
            note=note,
        )


def fingerprint_of(preparation: Preparation, name: str, measured_in: object) -> str:
    """Return what identifies a figure: preparation, metric, and what it was measured in."""
    return fingerprint(preparation.fingerprint, name, measured_in)
