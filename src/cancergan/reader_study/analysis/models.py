"""Regressions: do readers learn while they read, how long do they take, what do opinions say."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from cancergan.core.errors import BadInputError, MissingExtraError
from cancergan.metrics.arrays import Float64, Integers
from cancergan.metrics.resampling import bootstrap_interval
from cancergan.reader_study.analysis.detection import ALL, Result
from cancergan.reader_study.analysis.readings import complete, first_readings


def learning(table: pd.DataFrame) -> Result:
    """Return the change of the log odds of a correct answer from the first to the last trial.

    Logistic regression on the order of trials (0 to 1) with an intercept for each reader; variance
    clustered by case.

    Raises:
        BadInputError: the answers leave nothing to fit (all right, or all wrong).
    """
    rows = table[table["phase"] == "blind"]
    rows = rows[rows.groupby("reader")["correct"].transform("nunique") > 1]
    if rows.empty:
        raise BadInputError("every reader is always right or always wrong")
    design = _design(rows, rows["order"] / max(rows["order"].max(), 1))
    fitted = _fit(lambda models: models.Logit(rows["correct"].to_numpy(), design).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": rows["item"].to_numpy()}
    ))  # fmt: skip
    low, high = fitted.conf_int()[0]
    note = "change of the log odds over the blind phase; above 0, readers learn"
    return Result(
        "learning_effect", ALL, float(fitted.params[0]), float(low), float(high), len(rows), note,
        float(fitted.pvalues[0]),
    )  # fmt: skip


def _design(rows: pd.DataFrame, first: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """Return the design matrix: the effect of interest, then one intercept a reader."""
    readers = pd.get_dummies(rows["reader"]).to_numpy(dtype=float)
    return np.column_stack([first.to_numpy(dtype=float), readers])


def _fit(fit: Any) -> Any:
    try:
        import statsmodels.api as models
        from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationWarning
    except ModuleNotFoundError:
        raise MissingExtraError("statsmodels", "reader-study") from None
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        warnings.simplefilter("error", PerfectSeparationWarning)
        try:
            return fit(models)
        except (ConvergenceWarning, PerfectSeparationWarning, np.linalg.LinAlgError) as error:
            raise BadInputError(f"the model cannot be fitted ({type(error).__name__})") from None


def times(table: pd.DataFrame, *, seed: int) -> Iterator[Result]:
    """Yield the median seconds a case, of each reader and of all, by bootstrap over cases."""
    rows = table[table["phase"] == "blind"]
    for name, own in [*rows.groupby("name", sort=False), (ALL, rows)]:
        seconds = own["seconds"].to_numpy(dtype=float)

        def median(cases: Integers, seconds: Float64 = seconds) -> float:
            return float(np.median(seconds[cases]))

        value = float(np.median(seconds))
        ends = bootstrap_interval(median, own["item"].to_numpy(), seed=seed)
        low, high = (min(ends[0], value), max(ends[1], value)) if ends else (None, None)
        yield Result("seconds_per_case", str(name), value, low, high, len(own), "median")


def opinions(table: pd.DataFrame, *, seed: int) -> Iterator[Result]:
    """Yield mean opinion scores of both sides, their difference, and the odds of a better score."""
    rows, _ = complete(first_readings(table))
    if rows.empty:
        raise BadInputError("no reader has read every case")
    by_case = rows.groupby("item").agg(score=("rating", "mean"), truth=("truth", "first"))
    scores, truth = by_case["score"].to_numpy(), by_case["truth"].to_numpy(dtype=bool)
    for name, side in (("real", ~truth), ("synthetic", truth)):
        own = scores[side]

        def mean(cases: Integers, own: Float64 = own) -> float:
            return float(own[cases].mean())

        ends = bootstrap_interval(mean, np.arange(len(own)), seed=seed)
        low, high = ends or (None, None)
        yield Result(f"opinion_{name}", ALL, float(own.mean()), low, high, len(own), "mean score")

    def gap(cases: Integers) -> float:
        kind = truth[cases]
        return float(scores[cases][kind].mean() - scores[cases][~kind].mean())

    everything = np.arange(len(scores))
    low, high = bootstrap_interval(gap, everything, seed=seed, strata=truth) or (None, None)
    yield Result(
        "opinion_difference", ALL, gap(everything), low, high, len(scores),
        "synthetic minus real, bootstrap over cases",
    )  # fmt: skip


def ordinal(table: pd.DataFrame) -> Result:
    """Return the log odds ratio of a better opinion for synthetic than for real images.

    Proportional odds (McCullagh 1980) with an effect of each reader; scores are ranks, not numbers.
    The variance is clustered by case.

    Raises:
        BadInputError: a single score was ever given, or the model cannot be fitted.
    """
    from scipy.stats import norm

    rows = first_readings(table)
    levels = np.unique(rows["rating"])
    if len(levels) < 2 or rows["truth"].nunique() < 2:
        raise BadInputError("a single score was ever given")
    design = _design(rows, rows["truth"])
    design = np.delete(design, 1, axis=1)  # thresholds are the intercept of the first reader
    ratings = pd.Series(pd.Categorical(rows["rating"], categories=levels, ordered=True))

    def fit(_: Any) -> Any:
        from statsmodels.miscmodels.ordinal_model import OrderedModel

        return OrderedModel(ratings, design, distr="logit").fit(method="bfgs", disp=0, maxiter=500)

    fitted = _fit(fit)
    variance = _clustered(fitted, rows["item"].to_numpy())
    value, reach = float(fitted.params.iloc[0]), 1.959964 * float(np.sqrt(variance))
    p = float(2 * norm.sf(abs(value) / np.sqrt(variance)))
    note = "log odds ratio of a better score; below 0, synthetic images look worse"
    return Result("opinion_log_odds", ALL, value, value - reach, value + reach, len(rows), note, p)


def _clustered(fitted: Any, clusters: Any) -> float:
    """Return the variance of the first parameter, clustered (Liang and Zeger 1986)."""
    scores = np.asarray(fitted.model.score_obs(fitted.params))
    sums = pd.DataFrame(scores).groupby(clusters).sum().to_numpy()
    bread = np.linalg.inv(-np.asarray(fitted.model.hessian(fitted.params)))
    count = len(sums)
    return float((bread @ (sums.T @ sums) @ bread)[0, 0] * count / (count - 1))
