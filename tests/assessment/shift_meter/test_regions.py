import numpy as np
import pytest

from cancergan.assessment.shift_meter.regions import first_order, measured_case
from cancergan.cohort import Case, IntensityWindow
from cancergan.core.seeds import numpy_generator
from tests.cohort.shifts.test_annotation import disc

WINDOW = IntensityWindow((0.0,), (200.0,))


def case(
    radius: float = 12, drawn: float | None = None, level: float = 60.0, dims: int = 2
) -> Case:
    size = 65 if dims == 2 else 41
    true, mask = disc(radius, size, dims), disc(radius if drawn is None else drawn, size, dims)
    tissue = numpy_generator(0, "tissue").normal(100, 4, mask.shape)
    image = (tissue + (level - 100) * true)[None].astype(np.float32)
    return Case("c", image, mask.astype(np.int32), spacing=(0.5,) * dims)


def test_first_order_of_noise():
    noise = numpy_generator(0, "noise").normal(0.5, 0.1, (300, 300))
    found = first_order(noise, {"all": np.ones(noise.shape, bool)})["all"]
    assert found["level"] == pytest.approx(0.5, abs=0.01)
    # Smoothed by sigma 2, white noise keeps 1 / (2 sqrt(pi) 2) of its deviation.
    assert np.exp(found["spread"]) == pytest.approx(0.1 / (4 * np.sqrt(np.pi)), rel=0.1)


def test_blur_shows_as_coarse_over_fine():
    from scipy.ndimage import gaussian_filter

    noise = numpy_generator(0, "noise").normal(0.5, 0.1, (100, 100))
    everywhere = {"all": np.ones(noise.shape, bool)}
    sharp, soft = (first_order(x, everywhere)["all"] for x in (noise, gaussian_filter(noise, 1.0)))
    assert soft["coarse_over_fine"] > sharp["coarse_over_fine"] + 0.3


@pytest.mark.parametrize("dims", [2, 3])
def test_the_lesion_is_measured_against_its_surroundings(dims):
    found = measured_case(case(dims=dims), WINDOW)
    assert found["background.level_0"] == pytest.approx(0.5, abs=0.01)
    assert found["lesion.level_0"] == pytest.approx(-0.2, abs=0.01)
    assert np.exp(found["lesion.log_radius"]) == pytest.approx(12 * 0.5, rel=0.08)
    assert found["background.log_spacing_0"] == pytest.approx(np.log(0.5))


@pytest.mark.parametrize("drawn", [10, 14])
def test_a_false_outline_shows_as_offset_and_not_as_size(drawn):
    true, false = (measured_case(case(drawn=radius), WINDOW) for radius in (12, drawn))
    assert true["outline.offset"] == pytest.approx(0.0, abs=0.04)
    assert false["outline.offset"] == pytest.approx((drawn - 12) / drawn, abs=0.05)
    assert false["lesion.log_radius"] == pytest.approx(true["lesion.log_radius"], abs=0.06)
    assert false["lesion.level_0"] == pytest.approx(true["lesion.level_0"], abs=0.01)


def test_a_ragged_outline_is_rough():
    smooth = case()
    ragged = smooth.mask.copy()
    ragged[:, ::2] = disc(14)[:, ::2]
    rough = Case("c", smooth.image, ragged, spacing=smooth.spacing)
    before, after = (measured_case(one, WINDOW)["outline.roughness"] for one in (smooth, rough))
    assert after > before + 0.3


def test_without_a_lesion_all_is_background():
    whole = case(level=100)
    for mask in (None, np.zeros((65, 65), np.int32), np.ones((65, 65), np.int32)):
        found = measured_case(Case("c", whole.image, mask, spacing=whole.spacing), WINDOW)
        assert not [name for name in found if name.startswith(("lesion", "outline"))]
        assert found["background.level_0"] == pytest.approx(whole.image.mean() / 200, rel=1e-5)
    assert "lesion.level_0" not in measured_case(case(), WINDOW, use_mask=False)


def test_radiomics_can_be_replaced():
    def area(image, regions):
        return {name: {"area": float(region.sum())} for name, region in regions.items()}

    found = measured_case(case(), WINDOW, radiomics=area)
    assert found["background.area_0"] > 0
    assert "lesion.area_0" in found


def test_an_outline_on_a_smooth_gradient_is_not_called_too_generous():
    ramp = np.broadcast_to(np.linspace(0, 200, 65), (65, 65))[None].astype(np.float32)
    found = measured_case(Case("c", ramp.copy(), disc(12).astype(np.int32), spacing=(1, 1)), WINDOW)
    assert abs(found["outline.offset"]) < 0.3
