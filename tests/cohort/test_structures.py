import numpy as np

from cancergan.cohort.structures import channels, label_map


def drawn(shape=(4, 4)):
    body, organ, lesion = np.ones(shape, bool), np.zeros(shape, bool), np.zeros(shape, bool)
    organ[:2], lesion[0, 0] = True, True
    return {1: body, 2: organ, 3: lesion}


def test_smaller_structures_lie_on_top_in_whatever_order_they_come():
    expected = [[3, 2, 2, 2], [2, 2, 2, 2], [1, 1, 1, 1], [1, 1, 1, 1]]
    for order in ((1, 2, 3), (3, 2, 1), (2, 3, 1)):
        parts = [(code, drawn()[code]) for code in order]
        assert label_map(parts, (4, 4), 3).tolist() == expected


def test_channels_keep_overlaps_and_unite_what_comes_twice():
    parts = [(2, drawn()[2]), (3, drawn()[3]), (2, drawn()[3])]
    stacked = channels(parts, (4, 4), 3)
    assert stacked.sum(axis=(1, 2)).tolist() == [0, 8, 1]
    assert label_map([], (2, 2), 0).tolist() == [[0, 0], [0, 0]]
