"""Treatment effects without networks: overlap first, then what any new method has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import derive_seed
from cancergan.downstream.batches import Float64, Integers
from cancergan.metrics.classification import auc
from cancergan.metrics.treatment import Overlap, overlap

FEWEST_IN_ARM = 10
MOST_OUTSIDE = 0.5
MOST_SEPARATED = 0.98
FOLDS = 5


@dataclass(frozen=True, eq=False)
class Treated:
    """Patients with the one treatment that each had, as arrays.

    Attributes:
        covariates: (n, P).
        treatment: (n,) place among the arms, or a dose.
        outcome: (n,) that was seen.
    """

    covariates: Float64
    treatment: npt.NDArray[Any]
    outcome: Float64


def propensities(covariates: Float64, treatment: Integers, *, seed: int) -> Float64:
    """Return the probability (n, K) of each treatment for patients whom the model has not seen.

    Logistic regression on standardised covariates, cross-fitted in five folds.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=derive_seed(seed, "folds") % 2**32)
    found = cross_val_predict(model, covariates, treatment, cv=folds, method="predict_proba")
    return np.asarray(found, dtype=np.float64)


def checked_overlap(
    patients: Treated, arms: tuple[str, ...], *, seed: int
) -> tuple[Overlap, Float64]:
    """Return the overlap of the arms and the propensities (n, K), or refuse.

    Raises:
        BadInputError: an arm with fewer than 10 patients, or more than half of the patients for
            whom some treatment was as good as never given, or covariates that tell who had which
            nearly without fail: an effect would be made up.
    """
    counts = np.bincount(patients.treatment.astype(np.int64), minlength=len(arms))
    for arm, count in zip(arms, counts, strict=True):
        if count < FEWEST_IN_ARM:
            raise BadInputError(
                f'treatment "{arm}": {count} patients had it; at least {FEWEST_IN_ARM} are needed. '
                "Add patients, or leave the treatment out."
            )
    chance = propensities(patients.covariates, patients.treatment.astype(np.int64), seed=seed)
    found = overlap(chance, patients.treatment, patients.covariates)
    for place, arm in enumerate(arms):
        others = np.stack([1 - chance[:, place], chance[:, place]], axis=1)
        separated = auc((patients.treatment == place).astype(np.int64), others)
        if separated > MOST_SEPARATED:
            raise BadInputError(
                f'no overlap: the covariates tell who had treatment "{arm}" nearly without fail '
                f"(AUC {separated:.3f}). Compare patients who might have had either."
            )
    if found.outside > MOST_OUTSIDE:
        raise BadInputError(
            f"no overlap: for {found.outside:.0%} of the patients a treatment was as good as never "
            f"given (propensity below {found.least:g}). Compare patients who might have had either."
        )
    return found, chance


def constant_effect(train: Treated) -> float:
    """Return one effect for all: the treatment's coefficient in a ridge regression."""
    from sklearn.linear_model import RidgeCV

    centre, scale = train.covariates.mean(0), train.covariates.std(0) + 1e-9
    rows = (train.covariates - centre) / scale
    # The treatment's own column is large, so that the penalty hardly touches it.
    design = np.column_stack([rows, 1000.0 * train.treatment])
    return float(RidgeCV(np.logspace(-3, 3, 13)).fit(design, train.outcome).coef_[-1] * 1000.0)


def ridge_by_arm(train: Treated, test: Float64, arms: int) -> Float64:
    """Return the outcome (m, K) under each treatment: one ridge regression an arm (T-learner)."""
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    found = []
    for arm in range(arms):
        rows = train.treatment == arm
        model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 13)))
        found.append(model.fit(train.covariates[rows], train.outcome[rows]).predict(test))
    return np.stack(found, axis=1)


def causal_forest(train: Treated, test: Float64, *, seed: int) -> tuple[Float64, Float64]:
    """Return effects (m,) of treatment 1 against 0 and their 95 % intervals (m, 2).

    Double machine learning with honest trees (Athey et al. 2019), as econml builds it.

    Raises:
        BadInputError: econml is not installed.
    """
    try:
        from econml.dml import CausalForestDML
    except ImportError:
        raise BadInputError(
            "the causal forest needs econml: pip install cancergan[bench], or leave it out with "
            "--set study.forest=false."
        ) from None
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    state = derive_seed(seed, "forest") % 2**31
    nuisance = {"n_estimators": 100, "min_samples_leaf": 10, "random_state": state}
    forest = CausalForestDML(
        model_y=RandomForestRegressor(**nuisance),
        model_t=RandomForestClassifier(**nuisance),
        discrete_treatment=True,
        n_estimators=200,
        random_state=state,
        n_jobs=1,
    )
    forest.fit(train.outcome, train.treatment, X=train.covariates)
    low, high = forest.effect_interval(test, alpha=0.05)
    effects = np.asarray(forest.effect(test), np.float64).ravel()
    return effects, np.stack([np.ravel(low), np.ravel(high)], axis=1)


def ridge_of_dose(train: Treated, test: Float64, doses: Float64) -> Float64:
    """Return the outcome (m, D) at each dose: a ridge regression on covariates, dose and products.

    The dose enters as it is, squared and cubed, alone and times every covariate.
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def design(rows: Float64, dose: Float64) -> Float64:
        powers = np.stack([dose, dose**2, dose**3], axis=1)
        products = (rows[:, :, None] * powers[:, None, :]).reshape(len(rows), -1)
        return np.concatenate([rows, powers, products], axis=1)

    model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 13)))
    model.fit(design(train.covariates, train.treatment), train.outcome)
    curves = [model.predict(design(test, np.full(len(test), dose))) for dose in doses]
    return np.stack(curves, axis=1)
