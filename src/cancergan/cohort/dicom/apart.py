"""Decoding in a process of its own, for decoders that end the whole process on broken data.

GDCM, the only free decoder of lossless JPEG, does (an exception of C++ that nobody catches). The
process is started when it is first needed, serves one frame after another, and is started anew
after it broke down.
"""

from __future__ import annotations

import atexit
import io
import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from threading import Lock, Timer
from typing import IO, cast

import numpy as np

from cancergan.cohort.pixels import AnyArray

PLUGIN = "gdcm"
_SECONDS_PER_FRAME = 60
_LENGTH = struct.Struct("<q")
_lock = Lock()
# By process: a forked child must not share the pipes of its parent.
_workers: dict[int, subprocess.Popen[bytes]] = {}


def frame_apart(file: Path, number: int) -> AnyArray:
    """Return a frame of a file as pydicom decodes it.

    Raises:
        ValueError: it cannot be decoded, or the decoder broke down or took too long over it.
    """
    with _lock:
        worker = _worker()
        # Popen types its pipes as optional; both were asked for.
        sink, source = cast(IO[bytes], worker.stdin), cast(IO[bytes], worker.stdout)
        stop = Timer(_SECONDS_PER_FRAME, worker.kill)
        stop.start()
        try:
            sink.write(json.dumps([str(file.resolve()), number]).encode() + b"\n")
            sink.flush()
            length = _LENGTH.unpack(source.read(_LENGTH.size))[0]
            answer = source.read(abs(length))
        except (OSError, struct.error):
            _workers.pop(os.getpid()).kill()
            raise ValueError("its decoder broke down or took too long over it") from None
        finally:
            stop.cancel()
    if length < 0:
        raise ValueError(answer.decode())
    decoded: AnyArray = np.load(io.BytesIO(answer), allow_pickle=False)
    return decoded


def _worker() -> subprocess.Popen[bytes]:
    worker = _workers.get(os.getpid())
    if worker is None or worker.poll() is not None:
        worker = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        _workers[os.getpid()] = worker
    return worker


@atexit.register
def _end() -> None:
    if worker := _workers.pop(os.getpid(), None):
        worker.kill()
        worker.communicate()


def _answer(file: str, number: int) -> bytes:
    """Return a frame as .npy after its length; of what goes wrong the words, length negative."""
    import pydicom
    from pydicom.pixels.utils import pixel_array

    from cancergan.cohort.dicom.headers import readable_dicom
    from cancergan.core.errors import BadInputError

    try:
        with readable_dicom(Path(file)):
            frame = pixel_array(pydicom.dcmread(file), index=number, decoding_plugin=PLUGIN)
            packed = io.BytesIO()
            np.save(packed, frame, allow_pickle=False)
    except BadInputError as error:
        words = str(error).removeprefix(f"{file}: cannot be read (")
        said = words.removesuffix("). Restore the file.").encode()
        return _LENGTH.pack(-len(said)) + said
    return _LENGTH.pack(packed.tell()) + packed.getvalue()


def _serve() -> None:
    # What a decoder prints must not get between the answers.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    for line in sys.stdin.buffer:
        out.write(_answer(*json.loads(line)))
        out.flush()


if __name__ == "__main__":
    _serve()
