"""Probes of codes: planted patients are found, noise is not, and too few cases are refused."""

import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.split_deployment.probe import Probe, matched, probe, probed

PATIENTS, EACH = 4, 8


def planted(strength, draw, patients=PATIENTS):
    """Return codes (n, 2, 12, 12) of noise, with a constant for each patient added, and owners."""
    random = numpy_generator(0, "planted", draw)
    owner = np.repeat(np.arange(patients), EACH)
    codes = 0.3 * random.normal(size=(len(owner), 2, 12, 12))
    marks = random.uniform(-1, 1, (patients, 2, 12, 12))
    return (codes + strength * marks[owner]).astype(np.float32), owner


def test_planted_patients_are_named_and_noise_is_not():
    codes, owner = planted(1.0, "marked")
    noise, _ = planted(0.0, "noise")
    right = [(probed(c, owner, steps=60, seed=0).argmax(1) == owner).mean() for c in (codes, noise)]
    assert right[0] > 0.9
    assert right[1] < 0.5  # 0.25 by lot


def test_an_attacker_who_never_saw_the_patients_matches_what_is_theirs():
    """A patient's grey level is a mark that any two of its images share, whoever it is."""
    random = numpy_generator(0, "levels")

    def levels(patients, strength):
        owner = np.repeat(np.arange(patients), EACH)
        codes = 0.1 * random.normal(size=(len(owner), 1, 12, 12))
        level = np.linspace(-0.9, 0.9, patients)[owner]
        return (codes + strength * level[:, None, None, None]).astype(np.float32), owner

    figures = []
    for strength in (1.0, 0.0):
        known, who = levels(12, strength)
        unseen, whose = levels(5, strength)
        figures.append(matched(known, who, unseen, whose, steps=80, seed=0).mean())
    assert figures[0] > 0.9
    assert figures[1] == pytest.approx(0.5, abs=0.12)


def test_a_code_without_a_partner_has_no_figure():
    codes, owner = planted(0.0, "alone")
    whose = np.array(["a", "a", "b"])
    found = matched(codes, owner, codes[:3], whose, steps=2, seed=0)
    assert np.isfinite(found[:2]).all()
    assert np.isnan(found[2])


def test_a_probe_states_what_it_makes_of_the_pictures():
    pictures, owner = planted(1.0, "pictures")
    codes, _ = planted(0.0, "codes")
    found = probe(codes, pictures, owner, steps=60, seed=0)
    assert found.commonest == 0.25
    assert found.low <= found.reidentified <= found.high
    assert found.sees
    assert found.pictures > found.high


@pytest.mark.parametrize(("pictures", "sees"), [(0.62, False), (0.63, True)])
def test_a_probe_that_cannot_read_pictures_proves_nothing(pictures, sees):
    assert Probe(0.2, 0.1, 0.3, pictures, 0.25, 4, 32).sees is sees  # half way is 0.625


@pytest.mark.parametrize("owner", [[0] * 8 + [1] * 8, [0] * 6 + [1] * 6 + [2] * 3])
def test_too_few_patients_or_images_are_refused(owner):
    codes = np.zeros((len(owner), 1, 12, 12), np.float32)
    with pytest.raises(BadInputError, match="3 patients with 4 images"):
        probe(codes, codes, owner, steps=1, seed=0)
