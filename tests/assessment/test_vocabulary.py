from cancergan.assessment.vocabulary import term


def test_a_metric_has_a_title_and_a_sentence():
    assert term("frechet_distance").title == "Fréchet distance"
    assert term("frechet_distance").plain.endswith(".")


def test_a_subgroup_is_found_by_its_beginning_and_coverage_itself_is_not():
    assert term("coverage_age_below_40").title == "Coverage of age below 40"
    assert term("coverage").title == "Coverage"


def test_an_unknown_metric_keeps_its_name():
    assert term("my_own_metric").title == "my own metric"
