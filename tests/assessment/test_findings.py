from tests.assessment.findings import finding, report


def test_find_returns_the_finding_of_the_space_or_none():
    content = report()
    assert content.find("diversity", "coverage", "encoder") is content.findings[1]
    assert content.find("diversity", "coverage", "pixels") is None
    assert content.find("diversity", "recall") is None


def test_select_returns_every_space():
    one, other = finding(space="encoder"), finding(space="pixels")
    both = type(report())(findings=(one, other))
    assert both.select("fidelity", "frechet_distance") == (one, other)
    assert both.select("fidelity", "frechet_distance", "pixels") == (other,)
