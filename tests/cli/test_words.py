from rich.console import Console

from cancergan.cli.words import as_table


def printed(described):
    console = Console(width=100)
    with console.capture() as capture:
        console.print(as_table(described))
    return capture.get()


def test_values_are_short_and_named():
    text = printed(
        {
            "origin": "here",
            "left_out": [{"file": "a.dcm", "why": "broken"}],
            "shapes": {str(n): n for n in range(10)},
            "mean": 1.23456789,
        }
    )
    assert text.startswith("here")
    assert "left out" in text
    assert "a.dcm; broken" in text
    assert "and 2 more" in text
    assert "1.23457" in text
