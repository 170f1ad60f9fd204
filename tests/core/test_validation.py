import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

from cancergan.core.errors import BadInputError
from cancergan.core.validation import validated


class Block(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Penalty(Block):
    weight: float = 1.0
    every: int = Field(default=1, ge=1)


class Rule(Block):
    bound: float
    penalty: Penalty = Penalty()


class Everything(Block):
    name: str
    size: int | tuple[int, ...] = 64
    penalty: Penalty | None = None
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _not_both(self):
        if self.penalty and self.rules:
            raise ValueError("give a penalty or rules, not both")
        return self


def complaint(values, prefix=""):
    with pytest.raises(BadInputError) as error:
        validated(Everything, values, where="here", prefix=prefix)
    return str(error.value)


def test_good_values_become_the_model():
    made = validated(Everything, {"name": "a", "rules": [{"bound": 2}]}, where="here")
    assert (made.name, made.rules[0].bound, made.penalty) == ("a", 2.0, None)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            {"name": "a", "siez": 3},
            'here: unknown key "siez"; did you mean "size"? Known: name, penalty, rules, size.',
        ),
        ({"nmae": "a"}, 'here: unknown key "nmae"; did you mean "name"? Known: name, pen'),
        (
            {"name": "a", "penalty": {"wieght": 2}},
            'unknown key "penalty.wieght"; did you mean "penalty.weight"? Known: every, weight.',
        ),
        ({"name": "a", "weight": 2}, 'unknown key "weight"; did you mean "penalty.weight"?'),
        (
            {"name": "a", "rules": [{"bound": 1}, {"bond": 1}]},
            'here: rules.1: unknown key "bond"; did you mean "bound"? Known: bound, penalty.',
        ),
        (
            {"name": "a", "rules": [{"bound": 1, "penalty": {"evry": 1}}]},
            'rules.0: unknown key "penalty.evry"; did you mean "penalty.every"? Known: every, we',
        ),
        ({"name": "a", "xyzzy": 1}, 'here: unknown key "xyzzy". Known: name'),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest_and_its_siblings(values, says):
    assert says in complaint(values)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "here: name: Field required."),
        ({"name": "a", "penalty": {"every": 0}}, "here: penalty.every: Input should be greater"),
        ({"name": "a", "rules": [{"bound": "x"}]}, "here: rules.0.bound: Input should be a valid"),
        ({"name": "a", "size": "big"}, "here: size: Input should be a valid integer"),
        ({"name": "a", 5: 1}, "here: 5: Keys should be strings."),
        ({"name": "a", "penalty": 3}, "here: penalty: Input should be a valid dictionary"),
        (
            {"name": "a", "penalty": {}, "rules": [{"bound": 1}]},
            "here: settings: give a penalty or rules, not both.",
        ),
    ],
)
def test_a_bad_value_is_named_by_its_key(values, says):
    message = complaint(values)
    assert message.startswith(says)
    assert "\n" not in message


def test_a_prefix_stands_before_the_keys_of_an_inner_block():
    assert 'unknown key "game.siez"; did you mean "game.size"?' in complaint(
        {"name": "a", "siez": 3}, "game."
    )
    assert complaint({}, "game.") == "here: game.name: Field required."
