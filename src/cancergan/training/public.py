"""What a private training may know of its cohort without a budget: what is public by word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from cancergan.cohort import Cohort, IntensityWindow
from cancergan.cohort.columns import Column
from cancergan.core.errors import BadInputError
from cancergan.games.base import ImageShape
from cancergan.recipes.schema import PrivacySettings, Recipe
from cancergan.training.run import TrainedOn

_EIGHT_BIT = (0.0, 255.0)  # what the format holds, whatever the cases show


def check_public(
    settings: PrivacySettings, cohort: Cohort, trained_on: TrainedOn, *, validated: bool
) -> None:
    """Refuse what was read off real cases besides, unless it is declared public.

    Raises:
        BadInputError: an intensity window or a geometry that follows from the cases, or cases that
            would choose among the checkpoints.
    """
    for name, column in trained_on.columns.items():
        window = column.preparation.window
        given = [_window(bounds, window) for bounds in (settings.window, _EIGHT_BIT) if bounds]
        if window not in given and not column.view.is_mask and "window" not in settings.public:
            raise BadInputError(
                f"the intensity window of {name} follows from the brightest and darkest pixels of "
                "these patients. Give bounds that do not: privacy.window=[low, high], or declare "
                "it public: privacy.public=[window]."
            )
    spacings = {cohort.header(number).spacing for number in range(len(cohort))}
    if len(spacings) > 1 and "geometry" not in settings.public:
        raise BadInputError(
            f"the cases have {len(spacings)} different spacings, and their median would be told. "
            "Resample them to one (cancergan cohort curate), or declare it public: "
            "privacy.public=[geometry]."
        )
    if validated and "validation" not in settings.public:
        raise BadInputError(
            "validation cases would choose the checkpoint, which tells of them. Train on a cohort "
            "without a split named validation, or declare them public: privacy.public=[validation]."
        )


def with_public_values(recipe: Recipe, trained_on: TrainedOn) -> TrainedOn:
    """Return the record with public shares of the classes in the place of the cohort's own."""
    assert recipe.privacy is not None
    return replace(trained_on, prevalence=public_shares(recipe.privacy, trained_on.shape))


def with_public_window(
    columns: Mapping[str, Column], settings: PrivacySettings | None
) -> dict[str, Column]:
    """Return the columns with the window that the recipe declares, where it declares one."""
    if settings is None or settings.window is None:
        return dict(columns)
    changed = {}
    for name, column in columns.items():
        kept = column.preparation
        window = kept.window if column.view.is_mask else _window(settings.window, kept.window)
        changed[name] = replace(column, preparation=replace(kept, window=window))
    return changed


def _window(bounds: tuple[float, float], like: IntensityWindow) -> IntensityWindow:
    """Return public bounds as a window of as many channels."""
    return IntensityWindow((bounds[0],) * len(like.low), (bounds[1],) * len(like.low))


def public_shares(settings: PrivacySettings, shape: ImageShape) -> tuple[float, ...]:
    """Return the public shares of the classes: as declared, else equal ones.

    Raises:
        BadInputError: other classes than the cohort's, or shares that are none.
    """
    if not shape.classes:
        return ()
    if settings.classes is None:
        return (1 / len(shape.classes),) * len(shape.classes)
    if set(settings.classes) != set(shape.classes):
        raise BadInputError(
            f"privacy.classes names {', '.join(settings.classes)}: must name "
            f"{', '.join(shape.classes)}, each with its public share."
        )
    shares = np.array([settings.classes[name] for name in shape.classes])
    if not (np.isfinite(shares).all() and (shares >= 0).all() and shares.sum() > 0):
        raise BadInputError("privacy.classes: shares must be numbers of at least 0, not all 0.")
    return tuple(float(share) for share in shares / shares.sum())
