from pathlib import Path

import pytest

from cancergan.cohort.dicom.frames import MARKS, Frame, Place
from cancergan.cohort.dicom.stacks import UnusableSeriesError, stacks_of

AXIAL, SAGITTAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


def frame(z, *, along=AXIAL, shape=(1, 4, 4), **marks):
    position = (0.0, 0.0, z) if along == AXIAL else (z, 0.0, 0.0)
    names = [name for name, *_ in MARKS]
    values = [""] * len(names)
    for name, value in marks.items():
        values[names.index(name.replace("_", " "))] = value
    place = Place(position, along, (1.0, 1.0))
    return Frame(Path("a.dcm"), 0, shape, place, (1.0, 0.0), tuple(values), (1.0, 1.0), 16)


def heights(stack):
    return [one.place.position[2] for one in stack.frames]


def test_one_stack_stays_whole_whatever_its_marks():
    frames = [frame(z, acquisition=str(z)) for z in (0.0, 1.0, 2.0)]
    (stack,) = stacks_of(frames)
    assert stack.frames == tuple(frames)
    assert stack.part == ""


def test_directions_and_sizes_are_cut_apart():
    frames = [frame(z, along=along) for along in (AXIAL, SAGITTAL) for z in (0.0, 1.0)]
    frames.append(frame(2.0, shape=(1, 8, 8)))
    stacks = stacks_of(frames)
    assert [len(stack.frames) for stack in stacks] == [2, 2, 1]
    assert [stack.part for stack in stacks] == ["direction 1", "direction 2", "direction 3"]


def test_echoes_and_times_are_cut_one_after_the_other():
    frames = [
        frame(z, echo_time=echo, time=time)
        for time in ("1", "2", "3")
        for echo in ("4.6", "2.3")
        for z in (0.0, 1.0)
    ]
    stacks = stacks_of(frames)
    assert [stack.part for stack in stacks] == [
        f"echo time {echo}, time {time}" for echo in ("4.6", "2.3") for time in "123"
    ]
    assert all(heights(stack) == [0.0, 1.0] for stack in stacks)


def test_a_mark_with_a_value_of_its_own_for_every_slice_does_not_cut():
    frames = [
        frame(z, inversion_time=f"{n}{z}", acquisition=str(n)) for n in (1, 2) for z in (0.0, 1.0)
    ]
    assert [stack.part for stack in stacks_of(frames)] == ["acquisition 1", "acquisition 2"]


def test_frames_that_nothing_tells_apart_are_refused():
    with pytest.raises(UnusableSeriesError, match="2 slices lie where another does, and nothing"):
        stacks_of([frame(z) for z in (0.0, 0.0, 1.0, 1.0)])
