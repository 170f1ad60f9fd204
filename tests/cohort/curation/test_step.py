import numpy as np
import pytest
from pydantic import ValidationError

from cancergan.cohort.case import Case
from cancergan.cohort.curation import steps
from cancergan.cohort.curation.crop import Crop
from cancergan.cohort.curation.step import image_of, name_of
from cancergan.core.errors import BadInputError


def test_every_kind_is_a_step_with_a_docstring_and_is_frozen():
    assert {"resample", "orient", "crop", "window", "bias_field", "macenko", "reinhard"} <= set(
        steps
    )
    assert all(kind.__doc__ for kind in steps.values())
    with pytest.raises(ValidationError, match="frozen"):
        Crop().margin = 3.0


def test_a_record_holds_name_and_settings():
    step = Crop(to="brain", margin=2)
    assert name_of(step) == "crop"
    assert step.record() == {"step": "crop", "to": "brain", "margin": 2.0}


def test_a_case_without_image_is_refused_by_name():
    with pytest.raises(BadInputError, match='case "x": has no image'):
        image_of(Case("x", None))
    assert image_of(Case("x", np.ones((1, 2, 2), np.float32))).sum() == 4
