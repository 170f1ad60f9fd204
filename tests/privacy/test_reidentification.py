"""A matcher knows patients who have a pattern of their own, and nobody where there is none."""

import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.privacy.reidentification import Pairs, compared, train_matcher, verification_auc


def visits(patients, seed, *, own):
    """Return two images (1, 16, 16) of each patient, whose pattern is theirs where ``own``."""
    random = np.random.default_rng(seed)
    names = [f"{seed}-{number}" for number in range(patients) for _ in range(2)]
    if own:
        tints = np.repeat(random.uniform(-0.8, 0.8, (patients, 1, 4, 4)), 2, axis=0)
    else:
        tints = random.uniform(-0.8, 0.8, (2 * patients, 1, 4, 4))
    images = tints.repeat(4, axis=2).repeat(4, axis=3) + random.normal(0, 0.05, (1, 1, 16, 16))
    return images.astype(np.float32), names


@pytest.mark.parametrize("own", [True, False])
def test_unseen_patients_are_recognised_only_by_what_is_theirs(own):
    images, names = visits(40, 0, own=own)
    matcher = train_matcher(images, names, seed=0, steps=80)
    area = verification_auc(Pairs.of(matcher, *visits(20, 1, own=own)).rows)
    assert area > 0.75 if own else 0.3 < area < 0.7


def test_a_case_that_a_bootstrap_drew_twice_is_no_pair():
    scores = np.array([[9.0, 1.0, 2.0], [1.0, 9.0, 3.0], [2.0, 3.0, 9.0]])
    rows = np.concatenate([[[0, 0], [1, 0], [2, 1]], scores], axis=1)
    found, same = compared(rows[[0, 1, 2, 0]])
    assert sorted(zip(found.tolist(), same.tolist(), strict=True)) == [
        (1.0, True), (1.0, True), (2.0, False), (2.0, False), (3.0, False),
    ]  # fmt: skip


def test_too_few_patients_with_two_images_are_refused():
    images, names = visits(3, 0, own=True)
    with pytest.raises(BadInputError, match="3 patients have two images"):
        train_matcher(images, names, seed=0)
