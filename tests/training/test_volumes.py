"""Volumes: a 3D WGAN-GP learns real MRI blocks and improves beyond the interval."""

import numpy as np
import pandas as pd
import pytest
import torch

from cancergan import workflow
from cancergan.cohort import Cohort
from cancergan.downstream.random_convolution import random_convolution
from cancergan.metrics.frechet import frechet_distance
from cancergan.metrics.resampling import half_sample_interval
from tests.data import shared

SIDE = 32


def brain_blocks(count=160):
    """Overlapping 32^3 blocks (slices interpolated) of the real brain MRI, inside the head."""
    from scipy.ndimage import zoom

    volume = Cohort.open(shared("volumes_nrrd") / "brain1_image.nrrd")[0].image[0]
    volume = zoom(volume[::2, ::2], (1, 1, 2), order=1)
    random = np.random.default_rng(0)
    blocks = []
    while len(blocks) < count:
        corner = [random.integers(0, side - SIDE + 1) for side in volume.shape]
        block = volume[tuple(slice(start, start + SIDE) for start in corner)]
        if (block > volume.mean()).mean() > 0.5:
            blocks.append(block[None])
    return Cohort.from_arrays(np.stack(blocks), pd.DataFrame(index=range(count)))


@pytest.mark.slow
def test_wgan_gp_in_3d_beats_its_untrained_state_by_more_than_the_interval(tmp_path):
    torch.set_num_threads(2)
    cohort = brain_blocks()
    settings = {
        "image_size": SIDE,
        "training.batch_size": 16,
        "game.generator.options.width": 16,
        "game.discriminator.options.width": 16,
    }
    runs = {
        name: workflow.train(
            "wgan_gp", cohort, tmp_path / name, **{**settings, "training.steps": steps}
        )
        for name, steps in {"untrained": 1, "trained": 150}.items()
    }
    preparation = runs["trained"].trained_on.preparation
    space = random_convolution(1, 3)

    def features(cases):
        return space.features(np.stack([preparation.apply(case) for case in cases]))

    real = features(cohort)
    intervals = {}
    for name, run in runs.items():
        fake = features(workflow.synthesise(run, 120))
        value = frechet_distance(real, fake)
        low, high = half_sample_interval(
            lambda rows, columns, fake=fake: frechet_distance(real[rows], fake[columns]),
            [str(block) for block in range(len(real))],
            [str(block) for block in range(len(fake))],
            value=value,
            seed=0,
            replicates=100,
        )
        intervals[name] = (low, value, high)
    assert intervals["trained"][2] < intervals["untrained"][0]
