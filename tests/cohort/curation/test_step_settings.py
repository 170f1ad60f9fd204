import pytest

from cancergan.cohort.curation.crop import Crop
from cancergan.cohort.curation.resample import Resample
from cancergan.cohort.curation.step_settings import as_step, read_steps
from cancergan.core.errors import BadInputError


def test_every_way_to_write_a_step_means_the_same():
    step = Resample(spacing=(1.0, 1.0, 2.5))
    assert as_step(step) is step
    assert as_step("resample:spacing=1,1,2.5") == step
    assert as_step({"resample": {"spacing": [1, 1, 2.5]}}) == step
    assert as_step("resample:spacing=2") == Resample(spacing=(2.0,))
    assert as_step("crop:to=brain:margin=3") == Crop(to="brain", margin=3)
    assert as_step({"crop": None}) == as_step("crop") == Crop()


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("resampel:spacing=1", r'unknown curation step "resampel"; did you mean "resample"\?'),
        ("crop:too=body", r'step crop: unknown key "too"; did you mean "to"\?'),
        ("crop:body", r'"body" is not key=value'),
        ("resample:spacing=-1", r"step resample: spacing.*greater than 0"),
        ("resample", r"step resample: spacing: Field required"),
        ("window:preset=ct_lnug", r'did you mean "ct_lung"'),
        ({"crop": {}, "orient": {}}, r"is not one step"),
        (7, r"is not one step"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(written, message):
    with pytest.raises(BadInputError, match=message) as error:
        as_step(written)
    assert "\n" not in str(error.value)


def test_a_file_lists_steps(tmp_path):
    path = tmp_path / "steps.yaml"
    path.write_text("- crop\n- resample: {spacing: [1, 1]}\n")
    assert read_steps(path) == [Crop(), Resample(spacing=(1.0, 1.0))]


@pytest.mark.parametrize("text", ["", "crop: {}", "[crop, cropp]", "- [", "\x00"])
def test_a_file_that_is_no_list_is_named(tmp_path, text):
    path = tmp_path / "steps.yaml"
    path.write_text(text)
    with pytest.raises(BadInputError, match=r"steps\.yaml"):
        read_steps(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadInputError, match=r"none\.yaml: cannot be read"):
        read_steps(tmp_path / "none.yaml")
