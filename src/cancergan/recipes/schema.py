"""The shape of a recipe."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cancergan.cohort.views import View


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TrainingSettings(_Block):
    """How long, in what portions and on what a game is played.

    A step is one round of the game: every turn once, the generator's last. Training ends at
    ``steps`` or after ``minutes``, whichever comes first. ``batch_size`` counts all processes.
    ``average_half_life`` is the number of images after which the averaged weights have forgotten
    half. Where there are validation cases, each checkpoint is judged by them, synthesis uses the
    best one, and training ends early after ``patience`` checkpoints without a better one.
    ``weights_from`` names the folder of a run with whose weights training begins.
    """

    steps: int | None = Field(default=None, ge=1)
    minutes: float | None = Field(default=None, gt=0)
    batch_size: int = Field(default=32, ge=1)
    checkpoint_every: int = Field(default=500, ge=1)
    patience: int | None = Field(default=None, ge=1)
    log_every: int = Field(default=10, ge=1)
    sampling: Literal["natural", "class_balanced"] = "natural"
    average_half_life: int = Field(default=10_000, ge=0)
    accelerator: Literal["auto", "cpu", "cuda", "gpu", "mps"] = "auto"
    devices: int = Field(default=1, ge=1)
    precision: Literal["32-true", "16-mixed", "bf16-mixed"] = "32-true"
    channels_last: bool = True
    weights_from: str | None = None

    @model_validator(mode="after")
    def _ends(self) -> TrainingSettings:
        if self.steps is None and self.minutes is None:
            raise ValueError("set training.steps or training.minutes, or training never ends")
        return self


class PrivacySettings(_Block):
    """A budget for the patients, and what is public without one.

    Every player whose objective reads real images learns from gradients clipped to
    ``clipping_norm`` a patient, with the noise that keeps ``epsilon`` and ``delta`` over all steps;
    ``training.batch_size`` is the expected number of patients in a step. Whoever makes synthetic
    images and reads real ones must be named in ``players`` to learn so too.

    Where teachers vote, ``votes`` is the kind of noise on each count; at equal budgets normal noise
    is the smaller one wherever there are more than a few votes.

    What else is taken from real data must be public: ``window`` are bounds (low, high) for all
    channels, ``classes`` the shares in which classes are asked for (equal ones if left out), and
    ``public`` names what may be read off the cohort because it is known anyway.

    ``vectorised`` computes the gradients of up to ``at_once`` patients together, as many as fit
    well in memory if left out. With
    ``repeatable`` the noise comes from the recipe's seed: for tests and for public data, since who
    has the recipe can take the noise away.
    """

    epsilon: float = Field(gt=0, allow_inf_nan=False)
    delta: float = Field(gt=0, lt=1)
    accountant: Literal["rdp", "prv"] = "rdp"
    clipping_norm: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    votes: Literal["normal", "laplace"] = "normal"
    players: tuple[str, ...] = ()
    window: tuple[float, float] | None = None
    classes: dict[str, float] | None = None
    public: tuple[Literal["window", "geometry", "validation", "weights"], ...] = ()
    vectorised: bool = True
    at_once: int | None = Field(default=None, ge=1)
    repeatable: bool = False


class Recipe(_Block):
    """One recipe, resolved: ``game`` holds the game's name and that game's own settings.

    ``data`` says where the columns of images that the game reads come from; a column that it does
    not name is read from the array of that name. With ``patch_size`` the game sees parts of that
    size of images of ``image_size``, and larger images are translated window by window. With
    ``privacy`` the game is played under a budget.

    ``id`` is the recipe's number in the review's families ("R14"). ``study`` holds the name and the
    settings of the study that ``cancergan run`` runs, ``example`` the phantom (and its options)
    that it draws where no cohort is given.
    """

    name: str
    id: str = ""
    title: str
    source: str
    use: str = ""
    image_size: int | tuple[int, ...] | None = 64
    fit: Literal["crop", "stretch", "pad"] = "crop"
    patch_size: int | tuple[int, ...] | None = None
    data: dict[str, View] = {}
    seed: int = 0
    study: dict[str, Any] | None = None
    example: dict[str, Any] | None = None
    game: dict[str, Any]
    training: TrainingSettings
    privacy: PrivacySettings | None = None
