"""Registries answer an unknown name with the known ones."""

import pytest

from cancergan.core.errors import BadInputError
from cancergan.core.registry import Registry


def test_names_are_sorted_unique_and_suggested():
    things = Registry("thing")
    things.register("beta")(2)
    things.register("alpha")(1)
    assert list(things) == ["alpha", "beta"]
    assert things["beta"] == 2
    assert "gamma" not in things
    with pytest.raises(
        BadInputError,
        match='unknown thing "bta"; did you mean "beta"? Known: alpha, beta.'.replace("?", r"\?"),
    ):
        things["bta"]
    with pytest.raises(ValueError, match="registered already"):
        things.register("alpha")(3)
