"""Pictures for eyes: ranges, middle slices, grids."""

import base64
import io

import numpy as np
from PIL import Image

from cancergan.core.pictures import captioned, data_uri, grid, to_picture, write_gif, write_png


def test_range_maps_to_bytes_and_colour_is_kept():
    image = np.stack([np.full((2, 2), value) for value in (-1.0, 0.0, 1.0)])
    assert to_picture(image)[0, 0].tolist() == [0, 128, 255]
    assert to_picture(image[:1] * 9)[0, 0].tolist() == [0, 0, 0]


def test_volumes_show_their_middle_slice():
    volume = np.full((1, 4, 4, 5), -1.0)
    volume[..., 2] = 1
    assert to_picture(volume).min() == 255


def test_small_images_are_enlarged_by_whole_pixels():
    picture = to_picture(np.array([[[-1.0, 1.0], [1.0, -1.0]]]), at_least=5)
    assert picture.shape == (6, 6, 3)
    assert picture[:3, :3].max() == 0


def test_grid_places_tiles_in_rows(tmp_path):
    tiles = [np.full((2, 3, 3), number, np.uint8) for number in range(3)]
    sheet = grid(tiles, columns=2, gap=1)
    assert sheet.shape == (5, 7, 3)
    assert (sheet[0, 0, 0], sheet[0, 4, 0], sheet[3, 0, 0], sheet[3, 4, 0]) == (0, 1, 2, 255)
    write_png(tmp_path / "sheet.png", sheet)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "sheet.png")), sheet)


def test_captions_stand_left_of_their_rows():
    sheet = captioned(
        {"first": np.zeros((20, 30, 3), np.uint8), "second": np.zeros((20, 30, 3), np.uint8)},
        width=60,
    )
    assert sheet.shape == (42, 90, 3)
    assert sheet[:20, 60:].max() == 0
    assert 0 < (sheet[:20, :60] < 128).mean() < 0.5


def test_a_picture_comes_back_from_its_uri():
    pixels = np.random.default_rng(0).integers(0, 256, (12, 20, 3), dtype=np.uint8)
    kind, content = data_uri(pixels).split(",")
    assert kind == "data:image/png;base64"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(content)))), pixels)


def test_a_large_picture_is_thinned():
    content = data_uri(np.zeros((900, 300), np.uint8)).split(",")[1]
    assert Image.open(io.BytesIO(base64.b64decode(content))).size == (53, 160)


def test_a_film_keeps_its_frames_in_order(tmp_path):
    frames = [np.full((4, 6, 3), shade, np.uint8) for shade in (0, 100, 200)]
    write_gif(tmp_path / "film.gif", frames, milliseconds=50)
    film = Image.open(tmp_path / "film.gif")
    shades = []
    for number in range(film.n_frames):
        film.seek(number)
        shades.append(np.asarray(film.convert("L"))[0, 0])
    assert shades == [0, 100, 200]
    assert film.info["duration"] == 50
