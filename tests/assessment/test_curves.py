import pytest

from cancergan.assessment.curves import curves
from cancergan.metrics.frechet import frechet_distance, frechet_floor
from tests.assessment.cohorts import context, textures


def test_the_curve_falls_with_more_cases_towards_that_of_endless_ones():
    made = context(textures(40, seed=2), textures(40, seed=3), textures(48, seed=1))
    encoder, convolution, _ = curves(made)
    assert "features learnt" in encoder.title
    found = sorted(convolution.lines["found"], key=lambda point: point.x)
    assert [point.x for point in found][-1] == 40
    features = [made.features(made.random_convolution, name) for name in ("real", "synthetic")]
    assert found[-1].y == pytest.approx(frechet_distance(*features, allow_biased=True))
    assert found[0].y > found[-1].y > convolution.level
    real_against_real = max(convolution.lines["real against real"], key=lambda point: point.x)
    floor = frechet_floor(features[0], 40, 40, units=made.real.units)
    assert real_against_real.y == pytest.approx(floor)


def test_too_few_cases_have_no_curve():
    assert curves(context(textures(12, seed=2), textures(40, seed=3), textures(48, seed=1))) == ()
