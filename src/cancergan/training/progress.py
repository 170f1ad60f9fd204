"""What a person sees while a game is played: how far, how long still, and the live losses."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Whoever wants to be told how training goes."""

    def update(self, fraction: float, figures: Mapping[str, float]) -> None:
        """Take in the share of the way that lies behind, and the latest figures."""

    def say(self, sentence: str) -> None:
        """Pass on a sentence of the health monitor."""


class Quiet:
    """Says only what goes wrong, on standard error: for logs, tests and other processes."""

    def update(self, fraction: float, figures: Mapping[str, float]) -> None:
        """Say nothing."""

    def say(self, sentence: str) -> None:
        """Print the sentence."""
        print(sentence, file=sys.stderr)


@contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """Yield a bar with live losses and the time left; quiet where there is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    if not console.is_terminal:
        yield Quiet()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(),
               TextColumn("{task.fields[figures]}"))  # fmt: skip
    with Bars(*columns, console=console) as bars:
        task = bars.add_task(title, total=1.0, figures="")

        class Bar:
            def update(self, fraction: float, figures: Mapping[str, float]) -> None:
                shown = "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
                bars.update(task, completed=fraction, figures=shown)

            def say(self, sentence: str) -> None:
                console.print(sentence)

        yield Bar()
