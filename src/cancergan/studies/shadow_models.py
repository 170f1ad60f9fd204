"""Membership inference by shadow models: runs of one's own show how members score.

Source: Shokri et al. 2017, section V; for generators Stadler et al. 2022, section 4. The attacker
knows the recipe and some cases of the population, trains the recipe on some of them, and learns
from the scores of those that were in and those that were not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from cancergan.cohort import Cohort
from cancergan.studies.membership import Attacked, Floats, Scores, Side
from cancergan.training.run import Run
from cancergan.training.session import train
from cancergan.training.synthesis import synthesise

SHADOWS = "shadow models"
WORDS = (
    "the attacks above but patient matching, weighed as runs of the recipe on known others teach"
)
PARTS = {"inside": 1 / 3, "outside": 1 / 3, "reference": 1 / 3}

SideOf = Callable[[Run, Cohort], Side]


def shadow_weights(
    run: Run,
    known: Cohort,
    attacks: Sequence[str],
    folder: Path,
    *,
    shadows: int,
    cases: int,
    seed: int,
    side_of: SideOf,
    features: Callable[[Floats], Scores],
) -> Callable[[Scores], Scores]:
    """Train ``shadows`` runs of the recipe on thirds of known cases; return the learnt attack.

    It maps scores of the named attacks (n, A), of all cases at hand, to one score each (n,). In
    every shadow a third of the patients is in, a third out, and a third is what the attacker of
    that shadow knows of the population. An interrupted audit finds its shadows in ``folder`` again.
    """
    from sklearn.linear_model import LogisticRegression

    rows, truth = [], []
    for number in range(shadows):
        parts = known.split(PARTS, seed=seed + number)
        recipe = run.recipe.model_copy(update={"seed": run.recipe.seed + 1 + number})
        shadow = train(recipe, parts["inside"], folder / f"shadow-{number}", resume=True)
        game = shadow.game()
        attacked = Attacked(
            game,
            side_of(shadow, synthesise(shadow, cases, seed=seed)).images,
            side_of(shadow, parts["reference"]).images,
            features,
        )
        for member, name in ((1, "inside"), (0, "outside")):
            side = side_of(shadow, parts[name])
            rows.append(_scores(attacked, side, attacks))
            truth += [member] * len(side.images)
        rows[-2:] = np.split(standardised(np.concatenate(rows[-2:])), [len(rows[-2])])
    model = LogisticRegression(C=0.1).fit(np.concatenate(rows), truth)

    def learnt(scores: Scores) -> Scores:
        return np.asarray(model.decision_function(standardised(scores)))

    return learnt


def standardised(scores: Scores) -> Scores:
    """Return scores (n, A) with mean 0 and variance 1: those of two runs are in different units.

    >>> standardised(np.array([[1.0], [3.0]])).tolist()
    [[-1.0], [1.0]]
    """
    return np.asarray((scores - scores.mean(axis=0)) / (scores.std(axis=0) + 1e-12))


def _scores(attacked: Attacked, side: Side, attacks: Sequence[str]) -> Scores:
    every = attacked.attacks()
    return np.stack([every[name].score(attacked, side) for name in attacks], axis=1)
