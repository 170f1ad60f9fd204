"""Cutting the frames of one series into stacks: parallel slices, each place taken once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from cancergan.cohort.dicom.frames import MARKS, Frame
from cancergan.core.errors import BadInputError


class UnusableSeriesError(BadInputError):
    """Frames that make no sound image; the message says why."""


@dataclass(frozen=True)
class Stack:
    """Frames that belong in one image; ``part`` says what sets them apart in their series."""

    frames: tuple[Frame, ...]
    part: str = ""


def stacks_of(frames: Sequence[Frame]) -> list[Stack]:
    """Return the stacks of a series whose frames all have a place.

    Frames are cut by shape, direction and pixel spacing, then, while several share a place, by the
    first of ``MARKS`` (echo, time, b-value, ...) that tells them apart.

    Raises:
        UnusableSeriesError: frames share a place, and nothing in the headers tells them apart.
    """
    groups = _parallel(frames)
    names = [f"direction {n + 1}" if len(groups) > 1 else "" for n in range(len(groups))]
    return [
        stack
        for name, group in zip(names, groups, strict=True)
        for stack in _cut_by_marks(Stack(tuple(group), name))
    ]


def _parallel(frames: Sequence[Frame]) -> list[list[Frame]]:
    groups: list[list[Frame]] = []
    for frame in frames:
        assert frame.place is not None
        for group in groups:
            first = group[0]
            assert first.place is not None
            if first.shape == frame.shape and first.place.is_parallel_to(frame.place):
                group.append(frame)
                break
        else:
            groups.append([frame])
    return groups


def _cut_by_marks(stack: Stack) -> list[Stack]:
    crowd = _crowd(stack.frames)
    if crowd == 1:
        return [stack]
    for index, (name, *_) in enumerate(MARKS):
        parts: dict[str, list[Frame]] = defaultdict(list)
        for frame in stack.frames:
            parts[frame.marks[index]].append(frame)
        # A mark with more values than frames at a place (a time of each slice) is none to cut by.
        if 1 < len(parts) <= crowd and max(map(_crowd, parts.values())) < crowd:
            return [
                cut
                for value, part in parts.items()
                for cut in _cut_by_marks(Stack(tuple(part), _joined(stack.part, name, value)))
            ]
    double = len(stack.frames) - len(Counter(map(_spot, stack.frames)))
    raise UnusableSeriesError(
        f"{double} slices lie where another does, and nothing in the headers tells them apart"
    )


def _crowd(frames: Sequence[Frame]) -> int:
    """Return the largest number of frames at one place."""
    return max(Counter(map(_spot, frames)).values())


def _spot(frame: Frame) -> tuple[float, ...]:
    assert frame.place is not None
    return tuple(round(number, 2) for number in frame.place.position)


def _joined(part: str, name: str, value: str) -> str:
    said = f"{name} {value or 'unstated'}"
    return f"{part}, {said}" if part else said
