"""Breaking real small files at random and opening them: ``python -m tests.cohort.fuzzing N SEED``.

Only the library's own errors may come out, in one line, within the time and memory given. Prints
every other outcome with the recipe to repeat it, and exits with their number.
"""

from __future__ import annotations

import json
import resource
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

import numpy as np
from numpy.random import Generator

from cancergan.cohort import Cohort
from cancergan.core.errors import CancerganError
from cancergan.core.seeds import numpy_generator
from tests.cohort.fuzz_seeds import write_seeds

SECONDS_PER_INPUT = 20
BYTES_OF_MEMORY = 6 << 30
CASES_PER_INPUT = 3
# Most decisions of a reader hang on the first bytes of a file.
_HEAD = 1500
_EDGES = (0, 1, 0x7F, 0x80, 0xFF)


class TooSlowError(BaseException):
    """An input took longer than it may; not an Exception, so that nothing on the way catches it."""


def mutated(content: bytes, random: Generator) -> bytes:
    """Return a file's bytes broken in one to four places, or cut off."""
    found = bytearray(content)
    for _ in range(random.integers(1, 5)):
        if not found:
            break
        at = _place(len(found), random)
        length = int(random.integers(1, 17))
        match random.integers(8):
            case 0:
                found[at] ^= 1 << random.integers(8)
            case 1:
                found[at] = _EDGES[random.integers(len(_EDGES))]
            case 2:
                found[at : at + 4] = int(random.integers(2**32)).to_bytes(4, "little")
            case 3:
                found[at : at + length] = bytes([_EDGES[random.integers(len(_EDGES))]]) * length
            case 4:
                del found[at : at + length]
            case 5:
                found[at:at] = random.bytes(length)
            case 6:
                other = _place(len(found), random)
                found[at : at + length] = found[other : other + length]
            case 7 if random.random() < 0.3:
                del found[at:]
    return bytes(found)


def _place(length: int, random: Generator) -> int:
    return int(random.integers(min(length, _HEAD) if random.random() < 0.7 else length))


def open_whole(path: Path) -> None:
    """Open a cohort as a user does: its table, headers, images and further arrays."""
    cohort = Cohort.open(path)
    assert len(cohort.table) == len(cohort)
    for index in range(min(len(cohort), CASES_PER_INPUT)):
        if cohort.has_images:
            cohort.header(index)
        case = cohort[index]
        for name in case.arrays:
            assert case.arrays[name].dtype == np.float32
    if cohort.account:
        cohort.account.lines()


def outcome(path: Path) -> str:
    """Return "opened", "refused", or a traceback."""

    def stop(number: int, frame: object) -> None:
        raise TooSlowError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS_PER_INPUT)
    try:
        open_whole(path)
    except CancerganError as error:
        return "refused" if "\n" not in str(error) else f"more than one line: {error!r}"
    except (Exception, TooSlowError):
        return traceback.format_exc()
    finally:
        signal.alarm(0)
    return "opened"


def play(count: int, seed: int, folder: Path) -> dict[str, int]:
    """Open ``count`` broken copies of the seeds in turn; return how many of each outcome."""
    seeds = write_seeds(folder / "seeds")
    for name, files in seeds.items():
        assert outcome(files[0]) == "opened", f"{name}: {outcome(files[0])}"
    counts = {"opened": 0, "refused": 0, "failed": 0}
    for number in range(count):
        random = numpy_generator(seed, "fuzzing", number)
        name = sorted(seeds)[number % len(seeds)]
        path, victim = seeds[name][0], seeds[name][1 + random.integers(len(seeds[name]) - 1)]
        whole = victim.read_bytes()
        print(f"{number} {name}", file=sys.stderr, flush=True)
        victim.write_bytes(mutated(whole, random))
        found = outcome(path)
        victim.write_bytes(whole)
        counts[found if found in counts else "failed"] += 1
        if found not in counts:
            print(f"--- input {number} of seed {seed}: {name} ({victim.name})\n{found}", flush=True)
    return counts


def main() -> None:
    """Play with limited memory; the last line printed is the counts as JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (BYTES_OF_MEMORY, BYTES_OF_MEMORY))
    warnings.simplefilter("ignore")
    folder = Path(tempfile.mkdtemp())
    try:
        counts = play(int(sys.argv[1]), int(sys.argv[2]), folder)
    finally:
        shutil.rmtree(folder)
    print(json.dumps(counts))
    sys.exit(min(counts["failed"], 100))


if __name__ == "__main__":
    main()
