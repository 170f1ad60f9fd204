import json
from dataclasses import replace

import pytest

from cancergan.assessment.assess import assess
from cancergan.assessment.protocols import PROTOCOLS
from cancergan.assessment.report import Report
from cancergan.assessment.vocabulary import FAMILIES, term
from tests.assessment.cohorts import QUICK, textures

REAL, TRAINING, MADE = textures(40, seed=2), textures(48, seed=1), textures(40, seed=3)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    return assess(real=REAL, synthetic=MADE, training=TRAINING, out=folder, settings=QUICK), folder


def test_every_family_has_its_protocol():
    assert set(PROTOCOLS) == set(FAMILIES)


def test_every_family_is_measured_or_accounted_for(report):
    made, _ = report
    named = {item.family for item in (*made.findings, *made.skipped)}
    assert named == set(FAMILIES)


def test_every_figure_has_an_interval_a_fingerprint_and_words(report):
    made, _ = report
    assert made.findings
    for finding in made.findings:
        assert finding.low is not None, finding.name
        assert finding.low <= finding.high
        assert len(finding.fingerprint) == 16
        assert term(finding.name).plain, finding.name


def test_what_is_written_is_what_is_returned(report):
    made, folder = report
    assert Report.open(folder) == made


def test_provenance_says_who_was_compared_and_how(report):
    made, _ = report
    provenance = made.provenance
    assert provenance["real"]["cases"] == 40
    assert provenance["training"]["fingerprint"] == TRAINING.fingerprint
    assert provenance["settings"]["seed"] == 0
    assert provenance["settings"]["replicates"] == QUICK.replicates
    assert provenance["preparation"]["spatial"] == [16, 16]


def test_radiomics_is_a_space_of_the_written_report(report):
    _, folder = report
    written = json.loads((folder / "report.json").read_text())
    named = {
        (finding["family"], finding["name"])
        for finding in written["findings"]
        if finding["space"] == "radiomics"
    }
    assert named == {
        ("fidelity", "frechet_distance"),
        ("fidelity", "frechet_excess"),
        ("fidelity", "kernel_distance"),
        ("fidelity", "precision"),
        ("diversity", "recall"),
        ("diversity", "coverage"),
        ("diversity", "density"),
    }
    assert set(written["provenance"]["spaces"]) == {"encoder", "random_convolution", "radiomics"}
    assert written["provenance"]["radiomics_left_out"] == {}


def test_the_same_seed_gives_the_same_report():
    quick = replace(QUICK, families=("fidelity", "privacy"))
    first, second = (
        assess(real=REAL, synthetic=MADE, training=TRAINING, settings=quick) for _ in range(2)
    )
    assert first.to_json() == second.to_json()


def test_families_that_settings_leave_out_are_named_as_such():
    quick = replace(QUICK, families=("diversity",))
    made = assess(real=REAL, synthetic=MADE, training=TRAINING, settings=quick)
    assert {finding.family for finding in made.findings} == {"diversity"}
    assert {item.family for item in made.skipped} == set(FAMILIES) - {"diversity"}


def test_progress_counts_up_to_the_end():
    seen = []
    quick = replace(QUICK, families=("fairness",))
    assess(
        real=REAL,
        synthetic=MADE,
        training=TRAINING,
        settings=quick,
        progress=lambda step, done, total: seen.append((step, done, total)),
    )
    assert seen == [("reading images", 0, 3), ("fairness", 1, 3), ("pictures", 2, 3)]


def test_nothing_is_written_where_the_cohorts_do_not_fit(tmp_path):
    from cancergan.core.errors import BadInputError

    with pytest.raises(BadInputError):
        assess(real=TRAINING, synthetic=MADE, training=TRAINING, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
