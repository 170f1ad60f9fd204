import numpy as np

from cancergan.assessment.pictures import panels
from cancergan.core.pictures import to_picture
from cancergan.core.seeds import numpy_generator
from tests.assessment.cohorts import changed, context, textures

REAL, TRAINING = textures(40, seed=2), textures(48, seed=1)


def test_the_mixed_panel_hides_as_many_real_as_synthetic_pictures():
    mixed = panels(context(REAL, textures(40, seed=3), TRAINING))[0]
    sources = [picture.source for picture in mixed.rows[0].pictures]
    assert mixed.kind == "mixed"
    assert sources.count("real") == sources.count("synthetic") == 8
    assert sources != sorted(sources)


def test_every_class_has_a_real_and_a_synthetic_row():
    classes = panels(context(REAL, textures(40, seed=3), TRAINING))[1]
    assert [row.caption for row in classes.rows] == [
        "dark, real",
        "dark, synthetic",
        "bright, real",
        "bright, synthetic",
    ] or [row.caption for row in classes.rows] == [
        "bright, real",
        "bright, synthetic",
        "dark, real",
        "dark, synthetic",
    ]
    centres = {
        row.caption: np.mean([picture.pixels[6:10, 6:10].mean() for picture in row.pictures])
        for row in classes.rows
    }
    assert centres["bright, synthetic"] > centres["dark, synthetic"] + 40


def test_the_likeliest_copies_stand_beside_their_originals():
    def plant(images):
        images = images.copy()
        images[7] = TRAINING[11].image
        return images

    suspects = panels(context(REAL, changed(textures(40, seed=3), plant), TRAINING))[2]
    first = suspects.rows[0].pictures
    assert first[0].caption == "s007"
    assert np.array_equal(first[0].pixels, first[1].pixels)
    assert [picture.source for picture in first] == ["synthetic", "training", "training"]


def test_without_training_cases_there_are_no_suspects():
    titles = [panel.title for panel in panels(context(REAL, textures(40, seed=3)))]
    assert titles == ["Real and synthetic, mixed", "Side by side", "The worst of them"]


def test_the_worst_are_what_no_real_case_looks_like_and_what_was_not_asked_for():
    def spoil(images):
        images = images.copy()
        images[7] = numpy_generator(0, "noise").integers(0, 255, images[7].shape)
        return images

    made = changed(textures(40, seed=3), spoil)
    labels = made.table["label"].to_numpy()
    labels[12] = {"dark": "bright", "bright": "dark"}[labels[12]]
    worst = panels(context(REAL, made.with_column("label", labels), TRAINING))[3]
    unreal, wrong = worst.rows
    assert unreal.caption == "least like any real case"
    assert np.array_equal(unreal.pictures[0].pixels[..., 0], spoilt_picture(made, 7))
    assert np.array_equal(wrong.pictures[0].pixels[..., 0], spoilt_picture(made, 12))


def spoilt_picture(cohort, row):
    sides = context(REAL, cohort, TRAINING)
    return to_picture(sides.synthetic.images[row])[..., 0]


def test_pictures_repeat_under_the_same_seed():
    first, second = (panels(context(REAL, textures(40, seed=3), TRAINING)) for _ in range(2))
    for one, other in zip(first[0].rows[0].pictures, second[0].rows[0].pictures, strict=True):
        assert np.array_equal(one.pixels, other.pixels)
