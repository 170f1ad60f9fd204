"""The monitor speaks when something is wrong, once, and not otherwise."""

import math

import pytest

from cancergan.training.health import DivergedError, HealthMonitor


def hear(monitor, times, **record):
    return [sentence for _ in range(times) for sentence in monitor.hear(record)]


@pytest.mark.parametrize(
    ("ranking", "word"),
    [(0.999, "almost always"), (0.5, "guesses"), (0.8, None)],
)
def test_the_critics_ranking_tells_who_wins(ranking, word):
    said = hear(HealthMonitor(), 50, ranking_accuracy=ranking)
    assert len(said) == (0 if word is None else 1)
    assert word is None or word in said[0]


def test_a_finding_is_said_again_only_after_it_passed():
    monitor = HealthMonitor()
    said = hear(monitor, 30, ranking_accuracy=1.0)
    said += hear(monitor, 30, ranking_accuracy=0.8)
    said += hear(monitor, 30, ranking_accuracy=1.0)
    assert len(said) == 2


def test_a_few_records_are_no_evidence():
    assert hear(HealthMonitor(), 5, ranking_accuracy=1.0) == []


def test_waiting_for_data_is_noticed():
    assert "wait for data" in hear(HealthMonitor(), 20, waiting_share=0.6)[0]


def test_collapse_is_noticed_from_the_samples():
    monitor = HealthMonitor()
    assert monitor.see_samples(0.9) == []
    assert "collapsed" in monitor.see_samples(0.1)[0]


def test_a_loss_that_is_no_number_stops_the_game_and_names_the_way_back():
    with pytest.raises(
        DivergedError, match=r"step 812: generator/adversarial became nan.*step 800"
    ):
        HealthMonitor().check_finite(812, {"generator/adversarial": math.nan}, 800)
    HealthMonitor().check_finite(812, {"generator/adversarial": 1.0}, None)
