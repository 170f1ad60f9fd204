import numpy as np
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.curation.macenko import Macenko, stains_of
from cancergan.cohort.curation.stain import to_rgb
from cancergan.core.errors import BadInputError
from tests.cohort.curation.plants import case
from tests.data import shared

RUIFROK = np.array([[0.650, 0.704, 0.286], [0.072, 0.990, 0.105]])
OTHER = np.array([[0.55, 0.76, 0.35], [0.20, 0.93, 0.31]])


def stained(colours, amounts=(1.0, 0.6), seed=0):
    """Return a picture of two stains laid on by Beer and Lambert, in known amounts."""
    random = np.random.default_rng(seed)
    colours = colours / np.linalg.norm(colours, axis=1, keepdims=True)
    share = random.uniform(0.0, 1.0, (96 * 96, 1))
    # A tenth of the pixels hold one stain alone, as nuclei and stroma do.
    share[: len(share) // 10], share[-len(share) // 10 :] = 0.0, 1.0
    laid = np.concatenate([share, 1 - share], axis=1) * amounts + 0.2
    laid[share[:, 0] == 0, 0], laid[share[:, 0] == 1, 1] = 0.0, 0.0
    return to_rgb((laid @ colours).T.reshape(3, 96, 96)), colours


@pytest.mark.parametrize("colours", [RUIFROK, OTHER])
def test_known_stains_are_found(colours):
    image, truth = stained(colours)
    found, _ = stains_of(case(image))
    angles = np.degrees(np.arccos(np.clip((found * truth).sum(axis=1), -1, 1)))
    assert angles.max() < 3.0


def test_a_picture_stained_otherwise_becomes_the_reference():
    reference, _ = stained(RUIFROK)
    other, _ = stained(OTHER, amounts=(1.6, 0.9))
    step = Macenko().fitted(Cohort.from_arrays(reference[None]))
    normalised = step.apply(case(other)).image
    assert np.abs(other - reference).mean() > 25
    assert np.abs(normalised - reference).mean() < 6


def test_the_reference_itself_hardly_changes():
    image, _ = stained(RUIFROK)
    step = Macenko().fitted(Cohort.from_arrays(image[None]))
    assert np.abs(step.apply(case(image)).image - image).max() < 1.0


def test_real_hospitals_come_together():
    """Stain colours and amounts of many hospitals' slides vary far less after than before."""
    cohort = Cohort.open(shared("monuseg"))
    normalised = cohort.curated(["macenko"])
    (record,) = normalised.provenance["curation"]
    assert (record["step"], len(record["stains"])) == ("macenko", 2)

    def spread(held):
        stains, strengths = zip(*(stains_of(held[i]) for i in range(0, 60, 6)), strict=True)
        return np.std(stains, axis=0).mean(), np.std(strengths, axis=0).mean()

    before, after = spread(cohort), spread(normalised)
    assert after[0] < 0.5 * before[0]
    assert after[1] < 0.5 * before[1]


def test_glass_alone_is_refused_by_name():
    with pytest.raises(BadInputError, match='case "case": only 0 stained pixels'):
        stains_of(case(np.full((3, 32, 32), 250.0)))
    with pytest.raises(BadInputError, match="no stained tissue to learn"):
        Macenko().fitted(Cohort.from_arrays(np.full((1, 3, 32, 32), 250, np.uint8)))
    with pytest.raises(BadInputError, match="no reference yet"):
        Macenko().apply(case(np.full((3, 32, 32), 100.0)))
