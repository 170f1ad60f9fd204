"""How a publication's method is run here: commands, and what of it no setting can say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from cancergan.literature.publications import Publication

# What the tables call an architecture, and the recipe that trains it.
ARCHITECTURES = {
    "acgan": "acgan",
    "aae": "aae",
    "began": "began",
    "capsule": "capsule",
    "cgan": "cgan",
    "cyclegan": "cyclegan",
    "dcgan": "dcgan",
    "gan": "gan",
    "lapgan": "lapgan",
    "lsgan": "lsgan",
    "munit": "munit",
    "pggan": "pggan",
    "pix2pix": "pix2pix",
    "pix2pixhd": "pix2pixhd",
    "spade": "spade",
    "srgan": "srgan",
    "style-based": "style",
    "vae_gan": "vae_gan",
    "wgan": "wgan",
    "wgan_gp": "wgan_gp",
}
# Parameters that say which architecture, not how it is set.
NAMING = ("backbone", "variant", "translator", "backend", "stage1", "stage2")


@dataclass(frozen=True)
class Reproduction:
    """What to type, and what typing cannot say.

    Attributes:
        run: the command that runs the family's study, or "" where it does not run yet.
        train: commands that train the architectures named, where the library has them.
        settings: the parameters that the commands carry.
        left: what the review says of it and no setting here does.
    """

    run: str
    train: tuple[str, ...]
    settings: tuple[str, ...]
    left: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return the reproduction in words."""
        said = [f"study: {self.run}"] if self.run else ["study: this family does not run yet"]
        said += [f"train: {command}" for command in self.train]
        if self.left:
            said.append(f"not a setting here: {'; '.join(self.left)}")
        return said


def reproduction(one: Publication) -> Reproduction:
    """Return how to run a publication's method: its family, its architectures, its parameters."""
    stated = [part.strip() for part in one.parameters.split(";") if part.strip()]
    settings, left = [], []
    named: list[str] = []
    of_study: list[str] = []
    known = stated_settings().get(one.recipe, {}) if one.runs else {}
    for part in stated:
        if part in known:
            of_study += known[part]
            continue
        key, _, value = part.partition("=")
        setting = _size(value) if key in ("size", "image_size") else None
        if setting is not None:
            settings.append(setting)
            continue
        found = _architectures(value if key in NAMING else part)
        named += found
        # A name says all of what is stated only where nothing else stands beside it.
        plain = value if key in NAMING else part
        if not (found and set(re.split(r"[|]", plain)) <= set(ARCHITECTURES)):
            left.append(part)
    named = list(dict.fromkeys(named)) or _known(one.architectures)
    tail = "".join(f" --set {setting}" for setting in settings)
    ours = tail + "".join(f" --set {setting}" for setting in of_study)
    return Reproduction(
        run=f"cancergan run {one.recipe} --cohort COHORT --out STUDY{ours}" if one.runs else "",
        train=tuple(f"cancergan train {name} --cohort COHORT --out RUN{tail}" for name in named),
        settings=(*settings, *of_study),
        left=tuple(left),
    )


@cache
def stated_settings() -> Mapping[str, Mapping[str, list[str]]]:
    """Return what the review states of methods as settings of ``cancergan run``, by family."""
    text = files("cancergan.literature").joinpath("stated.yaml").read_text(encoding="utf-8")
    found: dict[str, dict[str, list[str]]] = yaml.safe_load(text)
    return found


def _architectures(text: str) -> list[str]:
    words = re.split(r"[^a-z0-9_-]+", text.lower())
    return [ARCHITECTURES[word] for word in words if word in ARCHITECTURES]


def _known(architectures: tuple[str, ...]) -> list[str]:
    return [ARCHITECTURES[name] for name in architectures if name in ARCHITECTURES]


def _size(text: str) -> str | None:
    """Return an image size as a setting: "56", "1280x1024" or "128^3"."""
    if re.fullmatch(r"\d+", text):
        return f"image_size={text}"
    if re.fullmatch(r"\d+(x\d+)+", text):
        return f"image_size=[{','.join(text.split('x'))}]"
    if power := re.fullmatch(r"(\d+)\^([23])", text):
        return f"image_size=[{','.join([power[1]] * int(power[2]))}]"
    return None
