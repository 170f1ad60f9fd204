from cancergan.metrics.units import cases_by_unit


def test_each_unit_keeps_the_rows_of_its_own_in_order() -> None:
    rows = cases_by_unit([2, "10", 2, 10, "a"])
    assert [part.tolist() for part in rows] == [[1, 3], [0, 2], [4]]


def test_no_cases_have_no_units() -> None:
    assert cases_by_unit([]) == []
