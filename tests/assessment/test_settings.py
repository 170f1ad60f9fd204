import json

import pytest

from cancergan.assessment.settings import AssessmentSettings
from cancergan.core.errors import BadInputError


def test_json_holds_every_setting_and_the_measurement_by_name():
    settings = AssessmentSettings(measurement=lambda case: 0.0, measurement_name="DAB")
    content = json.loads(json.dumps(settings.to_json()))
    assert content["measurement_name"] == "DAB"
    assert "measurement" not in content
    assert content["families"] == list(settings.families)
    assert "measurement_name" not in AssessmentSettings().to_json()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"families": ("fidelty",)}, 'did you mean "fidelity"'),
        ({"replicates": 0}, "settings.replicates is 0"),
        ({"confidence": 1.0}, "settings.confidence is 1.0"),
    ],
)
def test_bad_settings_are_named(given, says):
    with pytest.raises(BadInputError, match=says):
        AssessmentSettings(**given)
