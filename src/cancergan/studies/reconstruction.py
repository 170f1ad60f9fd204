"""Accelerated reconstruction, against the zero-filled image and the network without adversary."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.networks.reconstruction import Reconstruction
from cancergan.studies.base import studies
from cancergan.studies.translation import TranslationStudy
from cancergan.training.run import Run
from cancergan.training.truth import truth_of


@studies.register("reconstruction")
class ReconstructionStudy(TranslationStudy):
    """Complete images of held-out patients, undersampled and completed again."""

    trivial_name: ClassVar[str] = "zero-filled"
    trivial_words: ClassVar[str] = "what was measured, and 0 for what was not"

    def trivial(self, run: Run, cohort: Cohort) -> Cohort | None:
        """Return the zero-filled images, as the run's own network measures them.

        Raises:
            BadInputError: the run's network is no reconstruction.
        """
        network = next(iter(run.game().players.values())).best
        inside = [part for part in network.modules() if isinstance(part, Reconstruction)]
        if not inside:
            raise BadInputError(
                f"{run.path}: nothing is undersampled. --set game.generator.name=reconstruction."
            )
        truth = truth_of(run, cohort)
        window = run.trained_on.preparation.window
        images = []
        for case in truth:
            whole = torch.from_numpy(window.to_network(np.asarray(case.image)))[None]
            filled = inside[0].measured(whole)[0].clamp(-1, 1).numpy()
            images.append(window.to_physical(filled))
        masks = [case.mask for case in truth]
        return Cohort.from_arrays(images, truth.table, masks=masks)
