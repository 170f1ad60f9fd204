import pydicom
import pytest
from pydicom import Dataset

from cancergan.cohort.deidentification.leaks import is_within, naming_words, remove_leaks
from tests.cohort.deidentification.patients import write_patient


def test_words_are_those_of_names_ids_and_places(tmp_path):
    words = naming_words(pydicom.dcmread(write_patient(tmp_path / "p.dcm")))
    assert {"mustermann", "erika", "gabriele", "kis-4711-0815", "19640812", "acc20240301x",
            "klinikum musterstadt nord", "sauerbruch"} <= words  # fmt: skip
    assert "siemens" not in words


@pytest.mark.parametrize(
    ("text", "word", "goes"),
    [
        ("frau MUSTERMANN links", "mustermann", True),
        ("Mustermannstrasse", "mustermann", True),
        ("Li, links", "li", True),
        ("links", "lin", False),
        ("an-lin-b", "lin", True),
        ("thorax", "mustermann", False),
    ],
)
def test_short_words_count_as_whole_words_alone(text, word, goes):
    dataset, inner = Dataset(), Dataset()
    inner.ContentDescription = text
    dataset.DerivationImageSequence = [inner]
    changes = remove_leaks(dataset, {word})
    assert ("ContentDescription" not in inner) == goes
    assert [one.place for one in changes] == ["(0008,9124)[1](0070,0081)"] * goes


def test_a_patient_called_axial_does_not_spoil_the_image_type():
    dataset = Dataset()
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    assert remove_leaks(dataset, {"axial"}) == []


def test_compressed_bytes_are_searched_for_longer_words():
    assert is_within(b"\xff\xfe\x00Erika MUSTERMANN\x00", {"mustermann"})
    assert is_within("xx müllerin".encode("latin-1"), {"müllerin"})
    assert not is_within(b"\xff\xfe\x00lin\x00", {"lin"})
