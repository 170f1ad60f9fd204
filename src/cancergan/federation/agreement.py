"""What coordinator and hospitals agree on before a case is read: recipe, classes, grid, window.

All of it is public. Nothing is derived from cases, since a window of percentiles or a list of
classes found in the data would tell of patients before any budget is spent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
import yaml

from cancergan.cohort.columns import IMAGE, Column
from cancergan.cohort.preparation import Preparation
from cancergan.cohort.views import View
from cancergan.cohort.window import IntensityWindow
from cancergan.core.errors import BadInputError, CancerganError, unknown
from cancergan.core.provenance import fingerprint
from cancergan.core.seeds import derive_seed
from cancergan.federation.messages import MessageError
from cancergan.games.base import Game, ImageShape
from cancergan.recipes.loader import build_game, game_settings, resolve
from cancergan.recipes.schema import Recipe
from cancergan.training.run import TrainedOn

Method = Literal["asyndgan", "average", "classifier"]


@dataclass(frozen=True)
class Public:
    """What the coordinator states of the data without having seen any.

    Attributes:
        classes: names of the classes, in the order of their codes; none where the game reads none.
        low, high: the intensity window per channel, in physical units.
        spatial: the size to which every case is brought.
        spacing: millimetres of a pixel at that size, for what is synthesised.
        prevalence: share of each class; equal ones where left out.
        values: the values of a mask that are classes of a label map, for games that start from one.
    """

    classes: tuple[str, ...] = ()
    low: tuple[float, ...] = (0.0,)
    high: tuple[float, ...] = (255.0,)
    spatial: tuple[int, ...] = (64, 64)
    spacing: tuple[float, ...] = ()
    prevalence: tuple[float, ...] = ()
    values: tuple[int, ...] = (1,)


@dataclass(frozen=True)
class Agreement:
    """A recipe, and how every hospital's cases become equal arrays for it.

    Attributes:
        run: identifies the run; messages of another are refused.
        recipe: the recipe as resolved.
        classes, prevalence: names of the classes and their shares.
        spacing: millimetres of a prepared pixel.
        columns: the columns of images that the game reads.
        method: "asyndgan" (a central generator, discriminators at the hospitals), "average" (all
            networks at all hospitals, weights averaged) or "classifier" (the same of a classifier).
        compares: whether a loss that compares with real pixels was allowed on purpose.
    """

    run: str
    recipe: Recipe
    classes: tuple[str, ...]
    prevalence: tuple[float, ...]
    spacing: tuple[float, ...]
    columns: Mapping[str, Column]
    method: Method = "asyndgan"
    compares: bool = False

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        public: Public,
        *,
        method: str = "asyndgan",
        compares: bool = False,
    ) -> Agreement:
        """Return the agreement on a recipe and what is public of the data.

        Raises:
            BadInputError: the recipe does not fit the data, or cannot be played between sites.
        """
        chosen = _method(method)
        _check_recipe(recipe)
        labelled = "label" in _required(recipe)
        classes = public.classes if labelled else ()
        if labelled and len(classes) < 2:
            raise BadInputError(
                f'recipe "{recipe.name}" needs classes: name them, as in --classes '
                "benign,malignant."
            )
        shares = public.prevalence or tuple(1 / len(classes) for _ in classes)
        if len(shares) != len(classes):
            raise BadInputError(f"{len(shares)} shares for {len(classes)} classes: give one each.")
        columns = _columns(recipe, public)
        spacing = public.spacing or (1.0,) * len(public.spatial)
        # How long, and how often something is written, may change between a run and its resumption.
        training = {"steps", "checkpoint_every", "log_every"}
        values = recipe.model_dump(mode="json", exclude={"training": training})
        known: list[object] = [values, classes, shares, spacing, chosen, compares]
        known += [column.to_json() for column in columns.values()]
        run = fingerprint(*known)
        agreement = cls(run, recipe, classes, shares, spacing, columns, chosen, compares)
        game = agreement.new_game()
        if recipe.privacy is not None and chosen != "asyndgan":
            raise BadInputError(
                f'a recipe with a privacy budget is not averaged: weights of method "{chosen}" '
                "would leave without noise. Use asyndgan, or let policies share selectively."
            )
        if chosen == "asyndgan":
            check_residence(game, recipe, compares=compares)
        return agreement

    @property
    def shape(self) -> ImageShape:
        """What a game is told of the data."""
        return self.trained_on((), 0).shape

    def new_game(self) -> Game:
        """Return the game with weights drawn from the recipe's seed."""
        from cancergan.federation.averaging import ClassifierGame, ClassifierSettings

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed(self.recipe.seed, "weights"))
            if self.method == "classifier":
                return ClassifierGame.build(ClassifierSettings(), self.shape)
            return build_game(self.recipe, self.shape)

    def trained_on(self, sites: tuple[str, ...], cases: int) -> TrainedOn:
        """Return the record of a run: sites, and no patients."""
        return TrainedOn(
            fingerprint=self.run,
            cases=cases,
            patients=(),
            classes=self.classes,
            prevalence=self.prevalence,
            spacing=self.spacing,
            columns=self.columns,
            sites=sites,
        )

    def sizes(self, *, draws: int) -> dict[str, int]:
        """Return the sizes that messages are held against."""
        shape = self.shape
        sizes = {
            "draws": draws,
            "batch": self.recipe.training.batch_size,
            "channels": shape.channels,
            "classes": max(1, len(self.classes)),
        }
        sizes |= {f"side_{axis}": side for axis, side in enumerate(shape.spatial)}
        if "source" in shape.given:
            source = shape.given["source"]
            sizes["source_channels"] = source.channels
            sizes |= {f"source_side_{axis}": side for axis, side in enumerate(source.spatial)}
        return sizes

    def to_json(self) -> dict[str, Any]:
        """Return the agreement as JSON."""
        return {
            "run": self.run,
            "recipe": yaml.safe_dump(self.recipe.model_dump(mode="json"), sort_keys=False),
            "classes": list(self.classes),
            "prevalence": list(self.prevalence),
            "spacing": list(self.spacing),
            "columns": {name: column.to_json() for name, column in self.columns.items()},
            "method": self.method,
            "compares": self.compares,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Agreement:
        """Rebuild an agreement that came in a message.

        Raises:
            MessageError: it cannot be read, or its recipe is none of this version.
        """
        try:
            return cls(
                run=str(value["run"]),
                recipe=resolve(yaml.safe_load(value["recipe"])),
                classes=tuple(map(str, value["classes"])),
                prevalence=tuple(map(float, value["prevalence"])),
                spacing=tuple(map(float, value["spacing"])),
                columns={n: Column.from_json(column) for n, column in value["columns"].items()},
                method=_method(value["method"]),
                compares=value["compares"] is True,
            )
        except (KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError) as error:
            raise MessageError(f"join.agreement cannot be read ({error}).") from None
        except CancerganError as error:
            raise MessageError(f"join.agreement: {error}") from None


def central_player(game: Game) -> str:
    """Return the player that synthesises: it lives at the coordinator."""
    return next(name for name, player in game.players.items() if player.synthesises)


def check_residence(game: Game, recipe: Recipe, *, compares: bool) -> None:
    """Make sure that players may live apart: whoever touches real images lives where those are.

    Raises:
        BadInputError: the player that synthesises touches real images, or one that touches none
            does not synthesise and so has no place.
    """
    for name, player in game.players.items():
        if player.synthesises and player.touches_real and not compares:
            raise BadInputError(
                f'recipe "{recipe.name}": the objective of {name} compares with real images. Its '
                "gradients would carry patients' pixels out of the hospital. Set similarities, "
                "content and feature_matching to 0 (or choose another loss); --compare-with-real "
                "allows it all the same."
            )
        if not player.synthesises and not player.touches_real:
            raise BadInputError(
                f'recipe "{recipe.name}": {name} lives neither at the coordinator nor at a '
                "hospital. Leave it out."
            )


def _method(value: object) -> Method:
    """Return the method of that name.

    Raises:
        BadInputError: there is none.
    """
    for method in get_args(Method):
        if value == method:
            known: Method = method
            return known
    raise unknown("method", value, get_args(Method))


def _check_recipe(recipe: Recipe) -> None:
    if recipe.training.steps is None:
        raise BadInputError("a federated run ends by steps: set training.steps.")
    if recipe.training.devices > 1 or recipe.patch_size is not None:
        raise BadInputError("a federated run has one device and whole images (no patch_size).")
    if recipe.training.weights_from is not None:
        raise BadInputError(
            "a federated run begins with random weights: leave training.weights_from out."
        )
    unknown = set(_required(recipe)) - {IMAGE, "label", "source"}
    if unknown:
        raise BadInputError(
            f'recipe "{recipe.name}" reads {", ".join(sorted(unknown))}, which cannot be shared.'
        )


def _required(recipe: Recipe) -> tuple[str, ...]:
    game, settings = game_settings(recipe)
    return game.requires(settings)


def _columns(recipe: Recipe, public: Public) -> dict[str, Column]:
    window = IntensityWindow(public.low, public.high)
    made = Preparation(public.spatial, window, recipe.fit)
    columns = {IMAGE: Column(recipe.data.get(IMAGE, View(read=IMAGE)), made)}
    if "source" in _required(recipe):
        view = recipe.data.get("source", View(read="mask"))
        if not view.is_mask or view.reduce != 1:
            raise BadInputError(
                "data.source: between sites the source is a map of labels (read: mask), which each "
                "hospital draws itself; images of patients cannot be sent."
            )
        view = view.model_copy(update={"values": tuple(public.values)})
        channels = len(public.values)
        maps = IntensityWindow((0.0,) * channels, (1.0,) * channels)
        columns["source"] = Column(
            view, Preparation(public.spatial, maps, recipe.fit, interpolation="nearest")
        )
    return columns
