from cancergan.core.errors import BadInputError


def test_an_error_is_one_line_whatever_it_names():
    assert str(BadInputError("a\nb\u2028c.png: is empty.\r\nRestore it.")) == (
        "a b c.png: is empty. Restore it."
    )
