import numpy as np

from cancergan.cohort.curation import neighbours
from cancergan.cohort.curation.neighbours import candidates
from cancergan.cohort.curation.thumbnails import SYMMETRIES, turned

RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.normal(size=(40, 96, 96)).astype(np.float32).cumsum(axis=1).cumsum(axis=2)


def test_a_turned_copy_is_found_with_its_symmetry():
    copies = [np.ascontiguousarray(turned(PICTURES[i], SYMMETRIES[i % 8])) for i in range(8)]
    found = candidates(np.concatenate([PICTURES, copies]))
    for i in range(8):
        (row,) = np.flatnonzero((np.sort(found.pairs, axis=1) == (i, 40 + i)).all(axis=1))
        first, second = found.pairs[row]
        held = np.concatenate([PICTURES, copies])
        shown = turned(held[first], SYMMETRIES[found.symmetry[row]])
        np.testing.assert_allclose(shown, held[second])


def test_each_pair_is_there_once_and_none_with_itself():
    found = candidates(PICTURES)
    assert (found.pairs[:, 0] != found.pairs[:, 1]).all()
    assert len(np.unique(np.sort(found.pairs, axis=1), axis=0)) == len(found)


def test_blocks_change_nothing(monkeypatch):
    whole = candidates(PICTURES)
    monkeypatch.setattr(neighbours, "BLOCK", 7)
    in_blocks = candidates(PICTURES)
    assert np.array_equal(np.sort(whole.pairs, axis=1), np.sort(in_blocks.pairs, axis=1))


def test_one_picture_has_no_neighbour():
    assert len(candidates(PICTURES[:1])) == 0
