import pytest

from cancergan.assessment.policy import Policy
from cancergan.core.errors import BadInputError

GOOD = """
name: strict
rules:
  - {family: fidelity, name: frechet_distance, at_most_times_floor: 3}
  - {family: diversity, name: coverage, space: encoder, at_least: 0.5, why: breadth}
"""


def open_text(tmp_path, text):
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    return Policy.open(path)


def test_a_policy_reads_as_written(tmp_path):
    policy = open_text(tmp_path, GOOD)
    assert policy.name == "strict"
    assert policy.rules[0].at_most_times_floor == 3
    assert policy.rules[0].space is None
    assert policy.rules[1].bound == "at least 0.5"
    assert policy.rules[1].subject == "diversity coverage in encoder"


def test_the_default_policy_ships_and_binds_privacy():
    families = {rule.family for rule in Policy.default().rules}
    assert {"privacy", "fidelity", "diversity", "condition"} <= families


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace("at_least", "at_leest"), 'rules.1: unknown key "at_leest"; did you mean "at'),
        (GOOD.replace("rules:", "rulez:"), 'unknown key "rulez"; did you mean "rules"?'),
        (GOOD.replace("name: strict\n", ""), "name: Field required"),
        (GOOD.replace("0.5", "plenty"), "rules.1.at_least: Input should be a valid number"),
        (GOOD.replace("0.5", ".nan"), "rules.1.at_least: Input should be a finite number"),
        (GOOD.replace("at_least: 0.5", "at_least: 0.5, at_most: 1"), "exactly one of at_least"),
        (GOOD.replace("at_least: 0.5, ", ""), "exactly one of at_least, at_most"),
        ("- just\n- a list", "is not a policy"),
        ("name: [", "is not YAML"),
    ],
)
def test_a_bad_policy_is_answered_with_file_key_and_fix(tmp_path, text, says):
    with pytest.raises(BadInputError) as error:
        open_text(tmp_path, text)
    message = str(error.value)
    assert says in message
    assert str(tmp_path / "policy.yaml") in message
    assert "\n" not in message


def test_a_missing_policy_is_named(tmp_path):
    with pytest.raises(BadInputError, match=r"nowhere.yaml: not found"):
        Policy.open(tmp_path / "nowhere.yaml")
