"""What can go wrong, each said in one line: what is wrong, where, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CancerganError(Exception):
    """Base of every error raised on purpose; the CLI prints it and exits with 2."""

    exit_code = 2

    def __str__(self) -> str:
        # Names of files and arrays that came from elsewhere may hold line breaks.
        return " ".join(super().__str__().splitlines())


class BadInputError(CancerganError):
    """The data, recipe or argument that the user gave cannot be used as it is."""


class MissingExtraError(CancerganError):
    """A feature needs a package of an optional extra that is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"{package} is not installed. Install it: pip install 'cancergan[{extra}]'"
        )


class WaitingError(CancerganError):
    """The work cannot go on before people have done their part; it goes on when asked again.

    Not a mistake, and not the end: the CLI prints what is waited for and exits with 3.
    """

    exit_code = 3


class CancerganWarning(UserWarning):
    """Something the user should know though the work goes on; the CLI prints it as one note."""


def unknown(what: str, name: object, allowed: Iterable[object]) -> BadInputError:
    """Return the error for a name outside its allowed set, with the nearest one suggested.

    >>> print(unknown("recipe", "dcgam", ["dcgan", "wgan"]))
    unknown recipe "dcgam"; did you mean "dcgan"? Known: dcgan, wgan.
    """
    names = sorted(str(item) for item in allowed)
    nearest = difflib.get_close_matches(str(name), names, n=1, cutoff=0.6)
    hint = f'; did you mean "{nearest[0]}"?' if nearest else "."
    return BadInputError(f'unknown {what} "{name}"{hint} Known: {", ".join(names) or "none"}.')
