"""A feature space of textures that radiologists' programs measure too, the same for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cancergan.cohort.radiomics import LUMINANCE
from cancergan.core.errors import BadInputError
from cancergan.core.provenance import fingerprint
from cancergan.downstream.batches import Float32, Float64, checked_images
from cancergan.metrics.radiomics import RadiomicsSettings, radiomics_of_regions, region_of

BINS = 32
BLOCK = 256
# Of some 170 features those 32 that every image has, a flat one too, that do not grow with the
# image's size, and of which none says nearly what another does.
USED = (
    "intensity_mean",
    "intensity_variance",
    "intensity_median",
    "intensity_percentile_10",
    "intensity_percentile_90",
    "intensity_robust_mean_absolute_deviation",
    "histogram_entropy",
    "histogram_uniformity",
    "glcm_contrast",
    "glcm_dissimilarity",
    "glcm_inverse_difference",
    "glcm_inverse_difference_moment",
    "glcm_joint_entropy",
    "glcm_angular_second_moment",
    "glcm_sum_entropy",
    "glcm_cluster_tendency",
    "glcm_cluster_shade",
    "glcm_information_correlation_2",
    "glrlm_short_run_emphasis",
    "glrlm_run_length_entropy",
    "glrlm_run_percentage",
    "glrlm_run_length_non_uniformity_normalised",
    "glrlm_grey_level_non_uniformity_normalised",
    "glszm_small_zone_emphasis",
    "glszm_zone_size_entropy",
    "glszm_zone_percentage",
    "glszm_zone_size_non_uniformity_normalised",
    "ngtdm_contrast",
    "ngtdm_complexity",
    "ngldm_low_dependence_emphasis",
    "ngldm_dependence_count_entropy",
    "ngldm_dependence_count_non_uniformity_normalised",
)
# 32 bins of one width over all of [-1, 1], so that brightness and contrast count.
SETTINGS = RadiomicsSettings.for_profile(
    families=["intensity", "histogram", "glcm", "glrlm", "glszm", "ngtdm", "ngldm"],
    bin_width=2 / BINS,
    resegment=(-1.0, 1.0),
)


CONSTANT = "does not vary among the real cases that set the scale"
LEAST_DEVIATION = 1e-5


def varying(seen: Float64) -> npt.NDArray[np.bool_]:
    """Return which features (d,) vary among cases (n, d), beyond rounding."""
    return np.asarray(seen.std(axis=0) > LEAST_DEVIATION)


@dataclass(frozen=True)
class RadiomicsSpace:
    """Radiomic features of whole images.

    Attributes:
        used: names of the features.
        left_out: features that do not count in this space, and why.
    """

    used: tuple[str, ...] = USED
    left_out: Mapping[str, str] = field(default_factory=dict)
    name: str = "radiomics"

    @property
    def fingerprint(self) -> str:
        """Identifies features and settings."""
        return fingerprint(self.used, SETTINGS.fingerprint, LUMINANCE)

    def features(self, images: npt.ArrayLike) -> Float64:
        """Return features (n, d) of images (n, C, *spatial) in [-1, 1].

        Three channels are taken as colours and become grey; of any other number the mean counts.
        Values beyond [-1, 1] count as its ends.

        Raises:
            BadInputError: images that cannot be used, or of a single pixel.
        """
        batch = checked_images(images)
        if batch[0, 0].size == 1:
            raise BadInputError("images of one pixel have no texture. Give larger ones.")
        blocks = [
            self._of_block(batch[start : start + BLOCK]) for start in range(0, len(batch), BLOCK)
        ]
        return np.concatenate(blocks)

    def without_constant(self, seen: Float64) -> RadiomicsSpace:
        """Return the space without the features that do not vary among cases seen, (n, d).

        Divided by a deviation near 0, they would drown all others as soon as one image differs.

        Raises:
            BadInputError: every feature is constant.
        """
        kept = dict(zip(self.used, varying(seen), strict=True))
        if not any(kept.values()):
            raise BadInputError("all images have the same radiomic features. Give different ones.")
        return RadiomicsSpace(
            tuple(name for name, varies in kept.items() if varies),
            {name: CONSTANT for name, varies in kept.items() if not varies},
        )

    def _of_block(self, images: Float32) -> Float64:
        channels = images.shape[1]
        weights = LUMINANCE if channels == 3 else np.full(channels, 1 / channels)
        grey = np.clip(np.tensordot(images, weights, axes=([1], [0])), -1.0, 1.0)
        regions = [region_of(image, None, None, SETTINGS) for image in grey]
        found = radiomics_of_regions(regions, SETTINGS)
        return found.values[:, [found.names.index(name) for name in self.used]]
