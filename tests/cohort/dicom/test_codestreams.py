import io
import struct

import numpy as np
import pytest
from PIL import Image

from cancergan.cohort.dicom.codestreams import stated_size


@pytest.mark.parametrize("options", [{"format": "JPEG"}, {"format": "JPEG2000"}])
@pytest.mark.parametrize("shape", [(7, 300), (33, 5)])
def test_the_size_is_what_the_encoder_was_given(options, shape):
    packed = io.BytesIO()
    Image.fromarray(np.zeros(shape, np.uint8)).save(packed, **options)
    assert stated_size(packed.getvalue()) == shape


def test_a_raw_jpeg_2000_codestream_and_fill_bytes_are_understood():
    stream = b"\xff\x4f\xff\x51" + struct.pack(">2H4I", 47, 0, 30, 20, 10, 5) + b"\0" * 8
    assert stated_size(stream) == (15, 20)
    jpeg = b"\xff\xd8\xff\xff\xc0" + struct.pack(">HB2H", 11, 8, 12, 34) + b"\0" * 9
    assert stated_size(jpeg) == (12, 34)


@pytest.mark.parametrize(
    "stream", [b"", b"\xff\xd8", b"\xff\xd8" + b"\x00" * 30, b"\xff\x4f\xff\x51\0", b"RLE data"]
)
def test_no_size_is_made_up(stream):
    assert stated_size(stream) is None
