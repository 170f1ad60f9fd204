"""Our gain stands beside the reported one, from evidence as studies write it."""

import json
from pathlib import Path

import pytest

from cancergan.core.errors import BadInputError
from cancergan.literature import publication
from cancergan.literature.comparison import CAUTION, compare, gains_of, measured

EVIDENCE = {
    "recipe": "adversarial_segmenter",
    "id": "R33",
    "origin": "busi",
    "cases": {"train": 10, "validation": 3, "test": 4},
    "differences": [
        {"method": "adversarial", "baseline": "alone", "name": "dice", "space": "task",
         "value": 0.02, "low": -0.01, "high": 0.05, "verdict": "no difference shown"}
    ],
}  # fmt: skip


@pytest.fixture
def evidence(tmp_path):
    folder = tmp_path / "R33"
    folder.mkdir()
    (folder / "evidence.json").write_text(json.dumps(EVIDENCE), encoding="utf-8")
    return tmp_path


def test_both_gains_stand_side_by_side(evidence):
    lines = compare(publication("cirillo_2020_vox2vox"), [evidence])
    assert "Dice 0.87 without, 0.93 with; gain +0.06" in lines[0]
    assert any(
        "dice (task) +0.02 [-0.01, +0.05], no difference shown; busi, 4 test cases (R33)" in line
        for line in lines
    )
    assert lines[-1] == CAUTION


def test_other_families_do_not_count(evidence):
    lines = compare(publication("kadurin_2017_drugan"), [evidence])
    assert not any("dice (task)" in line for line in lines)


def test_what_is_no_evidence_is_refused(tmp_path):
    with pytest.raises(BadInputError, match=r"no evidence\.json there"):
        gains_of(tmp_path)
    (tmp_path / "evidence.json").write_text("[]", encoding="utf-8")
    with pytest.raises(BadInputError, match="is not a study's evidence"):
        gains_of(tmp_path)


def test_figures_kept_with_the_library_stand_on_their_page_beside_their_command():
    root = Path(__file__).parents[2]
    assert {gain.recipe for gain in measured()} >= {"R12", "R29", "R33", "R45", "R56"}
    for gain in measured():
        page = (root / gain.source).read_text(encoding="utf-8")
        assert gain.command, gain
        assert gain.command in page, gain
        for number in (gain.value, gain.low, gain.high):
            assert f"{abs(number):g}" in page, (gain, number)


def test_the_verdict_is_what_the_interval_says():
    lower = (
        "root_pehe",
        "nmse",
        "texture distance",
        "re-identified",
        "dose score (Gy)",
        "DVH score (Gy)",
    )
    for gain in measured():
        if gain.low <= 0 <= gain.high:
            assert gain.verdict == "no difference shown", gain
        else:
            assert gain.verdict == (
                "better" if (gain.value > 0) != (gain.figure in lower) else "worse"
            )


def test_ours_is_printed_with_what_made_it():
    lines = compare(publication("yoon_2018_ganite"))
    phantom, infants = [line for line in lines if "against ridge by arm" in line]
    assert "root_pehe +0.83 [+0.72, +0.94], worse" in phantom
    assert "by: cancergan run R56" in phantom
    assert "root_pehe +3.66 [+3.41, +3.91], worse" in infants
