"""What is odd about the data of an assessment: told before any figure, for figures cannot tell it.

What makes an assessment meaningless is refused elsewhere (``division``); what only may is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from cancergan.assessment.context import Context, Side, SideName
from cancergan.assessment.division import Division
from cancergan.cohort.case import Float64
from cancergan.cohort.cohort import Cohort
from cancergan.core.provenance import fingerprint

RARE = 1e-3  # chance below which a difference in prevalence is told
ZOOM = 1.1  # ratio of sizes in millimetres above which a difference is told
CONTRAST = 2.0  # ratio of intensity ranges above which a difference is told
SIDES: tuple[SideName, ...] = ("real", "synthetic", "learning")
NAMES = {"real": "real", "synthetic": "synthetic", "learning": "training"}


def cautions(division: Division, context: Context) -> tuple[str, ...]:
    """Return what a reader should know of the cases before any figure, a sentence each."""
    return (
        *_sites(division),
        *_repeated(context),
        *_prevalence(context),
        *_size(division),
        *_contrast(context),
        *_dead_features(context),
        *_few(context),
    )


def _sites(division: Division) -> Iterator[str]:
    """Yield that the patients of a federated run are not known here, where it was one."""
    sites = division.synthetic.provenance.get("training_sites", ())
    if sites:
        yield (
            f"The generator learnt at {len(sites)} hospitals ({', '.join(sites)}), which keep "
            "their patients to themselves: whether the real cases hold some of them cannot be "
            "checked here. Ask the hospitals."
        )


def _digests(side: Side) -> list[str]:
    return [fingerprint(image) for image in side.images]


def _repeated(context: Context) -> Iterator[str]:
    """Yield the cases that occur twice, or on both sides under two names."""
    digests = {name: _digests(context.side(name)) for name in SIDES}
    consequences: dict[SideName, str] = {
        "real": " A test set that was resampled has intervals that are too narrow.",
        "synthetic": " The generator repeats itself.",
        "learning": "",
    }
    for name, consequence in consequences.items():
        again = [count for count in Counter(digests[name]).values() if count > 1]
        if again:
            yield (
                f"{sum(again)} of {len(digests[name])} {NAMES[name]} cases have the same pixels as "
                f"another one.{consequence}"
            )
    both = set(digests["real"]) & set(digests["learning"])
    if both:
        yield (
            f"{len(both)} {'image is' if len(both) == 1 else 'images are'} among both the real and "
            "the training cases, under another patient's name: the reference is not unseen."
        )


def _prevalence(context: Context) -> Iterator[str]:
    from scipy.stats import chi2_contingency

    if len(context.classes) < 2:
        return
    sides: tuple[SideName, ...] = ("real", "learning")
    number = len(context.classes)
    counts = np.array([np.bincount(context.codes(name), minlength=number) for name in sides])
    if (counts.sum(0) == 0).any() or chi2_contingency(counts).pvalue >= RARE:
        return
    shares = [
        ", ".join(
            f"{name} {100 * share:.0f} %"
            for name, share in zip(context.classes, row / row.sum(), strict=True)
        )
        for row in counts
    ]
    yield (
        f"The classes are not equally frequent in the real cases ({shares[0]}) and the training "
        f"cases ({shares[1]}). If the test set was balanced by hand, give it as it came."
    )


def _size(division: Division) -> Iterator[str]:
    """Yield where synthetic images show a larger or smaller piece of the body than real ones."""
    if not division.real.has_images:
        return
    real, synthetic = _millimetres(division.real), _millimetres(division.synthetic)
    if real is None or synthetic is None:
        return
    ratio = np.maximum(real / synthetic, synthetic / real)
    if (ratio > ZOOM).any():
        shown = [" x ".join(f"{side:.0f}" for side in size) for size in (real, synthetic)]
        yield (
            f"Real images show {shown[0]} mm, synthetic ones {shown[1]} mm: they were made with "
            "another spacing or crop, and differ in every figure for that alone."
        )


def _millimetres(cohort: Cohort) -> Float64 | None:
    """Return the median size of images along each axis; None where spacing is unknown."""
    headers = [cohort.header(row) for row in range(len(cohort))]
    spacing = np.array([header.spacing for header in headers])
    if (spacing == 1.0).all():
        return None
    return np.asarray(np.median(spacing * [header.shape[1:] for header in headers], axis=0))


def _contrast(context: Context) -> Iterator[str]:
    """Yield where intensities, in one window, fill quite another range on one side."""
    spans = {"real": _span(context.real), "synthetic": _span(context.synthetic)}
    narrow, wide = sorted(spans, key=lambda name: spans[name])
    if spans[wide] > CONTRAST * spans[narrow]:
        yield (
            f"In one common window, {narrow} intensities span {spans[narrow] / 2:.0%} of it and "
            f"{wide} ones {spans[wide] / 2:.0%}: were they stored in other units or windows?"
        )


def _span(side: Side) -> float:
    """Return the range of nearly all intensities of a side, from about 100 of its images."""
    some = side.images[:: max(1, len(side) // 100)]
    return float(np.ptp(np.quantile(some, (0.01, 0.99))))


def _dead_features(context: Context) -> Iterator[str]:
    for space in context.spaces:
        for name in SIDES:
            features = context.features(space, name)
            dead = int((np.ptp(features, axis=0) == 0).sum())
            if dead:
                yield (
                    f"{dead} of {features.shape[1]} features of {space.name} are the same in all "
                    f"{NAMES[name]} cases: one image over and over, or an encoder that died."
                )


def _few(context: Context) -> Iterator[str]:
    for space in context.spaces:
        dimensions = context.features(space, "real").shape[1]
        fewest = min(len(context.real), len(context.synthetic))
        if fewest < 2 * dimensions:
            yield (
                f"{fewest} cases have fewer than twice the {dimensions} features of {space.name}: "
                "its Fréchet distances are mostly sampling error. Read them beside their marks."
            )
