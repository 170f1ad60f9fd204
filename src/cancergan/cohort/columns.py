"""The columns that a game reads, images planned on one grid, recorded for synthesis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cancergan.cohort.attributes import window_of
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.geometry import Fit
from cancergan.cohort.planning import checked_headers, planned_window
from cancergan.cohort.preparation import Preparation
from cancergan.cohort.views import View, resolved, viewed
from cancergan.cohort.window import IntensityWindow
from cancergan.core.errors import BadInputError

IMAGE = "image"


@dataclass(frozen=True)
class Column:
    """One column of images: where it comes from, and how it becomes an array for a network."""

    view: View
    preparation: Preparation

    def of(self, cohort: Cohort) -> Cohort:
        """Return the cases of a cohort with this column as their image."""
        return viewed(cohort, self.view)

    def to_json(self) -> dict[str, Any]:
        """Return the column as a JSON object."""
        return {
            "view": self.view.model_dump(mode="json"),
            "preparation": self.preparation.to_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Column:
        """Rebuild a column from its JSON object."""
        view = View.model_validate(value["view"])
        return cls(view, Preparation.from_json(value["preparation"]))


def plan_columns(
    cohort: Cohort,
    views: Mapping[str, View],
    *,
    image_size: int | Sequence[int] | None,
    fit: Fit,
) -> dict[str, Column]:
    """Plan the columns of a training cohort: "image" first, the others on its grid.

    Raises:
        BadInputError: a view that does not fit the cohort, or a size that cannot be reduced.
    """
    views = {name: resolved(cohort, view) for name, view in views.items()}
    if views[IMAGE].is_table:
        made = table_preparation(views[IMAGE])
    else:
        made = Preparation.plan(viewed(cohort, views[IMAGE]), image_size=image_size, fit=fit)
    columns = {IMAGE: Column(views[IMAGE], _of_kind(views[IMAGE], made))}
    for name, view in views.items():
        if name == IMAGE:
            continue
        if (
            not view.is_table and not made.spatial
        ):  # a table has no grid; the first picture makes it
            made = Preparation.plan(viewed(cohort, view), image_size=image_size, fit=fit)
            columns[name] = Column(view, _of_kind(view, made))
        else:
            columns[name] = Column(view, _beside(made, viewed(cohort, view), view, name))
    return columns


def _beside(image: Preparation, cohort: Cohort, view: View, name: str) -> Preparation:
    """Return the preparation of another column on the grid of the image; a table has no grid."""
    if view.is_table:
        return table_preparation(view)
    if any(side % view.reduce for side in image.spatial):
        raise BadInputError(
            f"data.{name}.reduce is {view.reduce}: does not divide the image size "
            f"{' x '.join(map(str, image.spatial))}. Choose another image_size."
        )
    headers = checked_headers(cohort)
    if len(headers[0].shape) - 1 != len(image.spatial):
        raise BadInputError(
            f"{cohort.origin}: {name} has {len(headers[0].shape) - 1} spatial axes, the image "
            f"{len(image.spatial)}. Select cases of one kind."
        )
    spatial = tuple(side // view.reduce for side in image.spatial)
    window = image.window if view.is_mask else planned_window(cohort, headers)
    return _of_kind(view, replace(image, spatial=spatial, window=window))


def table_preparation(view: View) -> Preparation:
    """Return the preparation of columns of a table: a window for each, and nothing to resize."""
    return Preparation((), window_of(view.attributes), fit="stretch")


def _of_kind(view: View, preparation: Preparation) -> Preparation:
    """Return the preparation with the window and interpolation of a map of labels, if it is one."""
    if not view.is_mask:
        return preparation
    channels = len(view.values)
    window = IntensityWindow((0.0,) * channels, (1.0,) * channels)
    return replace(preparation, window=window, interpolation="nearest")
