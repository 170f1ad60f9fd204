"""The audit end to end, on blobs whose second channel is the first in negative."""

import json

import numpy as np
import pandas as pd
import pytest

from cancergan import workflow
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError

SMALL = {
    "image_size": 16,
    "training.steps": 2,
    "training.batch_size": 2,
    "game.generator.options.width": 4,
    "game.discriminator.options.width": 4,
    "data.source.channels": [0],
    "data.image.channels": [1],
}


def tumours(n=60, seed=0):
    """Noise, and in every other case a bright square; two cases to a patient."""
    random = np.random.default_rng(seed)
    images = random.integers(0, 60, (n, 2, 16, 16)).astype(np.uint8)
    masks = np.zeros((n, 16, 16), np.uint8)
    for case in range(0, n, 2):
        top, left = random.integers(1, 9, 2)
        masks[case, top : top + 6, left : left + 6] = 1
        images[case, 0][masks[case] > 0] += 80
        images[case, 1][masks[case] > 0] += 180
    table = pd.DataFrame({"patient_id": [f"p{case // 2}" for case in range(n)]})
    return Cohort.from_arrays(images, table, masks=masks)


def test_every_arm_sees_as_many_targets_and_the_record_is_whole(tmp_path):
    found = workflow.audit_hallucination(
        "cyclegan", tumours(), tmp_path / "out", ratios=(0, 0.5, 1), classifier_steps=150, **SMALL
    )
    assert [ratio for ratio, _ in found.diagnosed] == [0, 0.5, 1]
    assert found.sensitivity > 0.9
    assert found.specificity > 0.9
    record = json.loads((tmp_path / "out" / "audit.json").read_text())
    assert record["slope"]["name"] == "slope"
    cases = {json.loads(p.read_text())["cases"] for p in (tmp_path / "out").glob("*/cohort.json")}
    assert len(cases) == 1
    assert (tmp_path / "out" / "curve.png").stat().st_size > 1000


def test_an_interrupted_audit_goes_on_with_what_it_has_trained(tmp_path):
    """A kill after the first arm: the second call trains the other alone and ends alike."""
    heard = []

    def killed(line):
        heard.append(line)
        if len(heard) == 2:
            raise KeyboardInterrupt

    options = {"ratios": (0, 1), "classifier_steps": 5, **SMALL}
    with pytest.raises(KeyboardInterrupt):
        workflow.audit_hallucination("cyclegan", tumours(), tmp_path / "a", say=killed, **options)
    first = tmp_path / "a" / "ratio_0" / "checkpoints"
    before = {path: path.stat().st_mtime_ns for path in first.iterdir()}
    with pytest.raises(BadInputError, match="resume"):
        workflow.audit_hallucination("cyclegan", tumours(), tmp_path / "a", **options)
    found = workflow.audit_hallucination(
        "cyclegan", tumours(), tmp_path / "a", resume=True, **options
    )
    assert {path: path.stat().st_mtime_ns for path in first.iterdir()} == before
    whole = workflow.audit_hallucination("cyclegan", tumours(), tmp_path / "b", **options)
    assert found.to_json() == whole.to_json()


@pytest.mark.parametrize(
    ("cohort", "ratios", "message"),
    [
        (tumours(), (0, 1.5), "shares from 0 to 1"),
        (tumours(12), (0, 1), "the audit needs 4 of each"),
        (Cohort.from_arrays(np.zeros((40, 2, 16, 16), np.uint8)), (0, 1), "has no mask"),
    ],
)
def test_what_cannot_be_audited_is_named_and_nothing_is_left(tmp_path, cohort, ratios, message):
    with pytest.raises(BadInputError, match=message):
        workflow.audit_hallucination("cyclegan", cohort, tmp_path / "out", ratios=ratios, **SMALL)
    assert not (tmp_path / "out").exists()
