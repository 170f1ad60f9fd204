"""Take the smooth shading out of an MR image by N4 (Tustison et al. 2010)."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from cancergan.cohort.case import Case, Float32
from cancergan.cohort.curation.foreground import Mask, foregrounds
from cancergan.cohort.curation.step import Step, Stored, image_of, steps
from cancergan.core.errors import BadInputError, MissingExtraError


@steps.register("bias_field")
class BiasField(Step):
    """Divide each channel by its bias field, estimated within the body; needs extra ``curation``.

    The field has mean 1 over the body, so that intensities keep their size. Source: Tustison et
    al. 2010, N4ITK, as SimpleITK has it.

    Attributes:
        shrink: the field is estimated on every n-th pixel; it is smooth.
        iterations: for each level of the spline, coarse to fine.
    """

    stored: ClassVar[Stored] = "float32"
    shrink: Annotated[int, Field(ge=1, le=16)] = 4
    iterations: tuple[Annotated[int, Field(ge=1)], ...] = (50, 50, 50)

    def apply(self, case: Case) -> Case:
        """Return the case corrected.

        Raises:
            BadInputError: values are negative (N4 takes logarithms), NaN, or nothing is there.
            MissingExtraError: SimpleITK is not installed.
        """
        image = image_of(case)
        inside = foregrounds["body"](image, case.spacing)
        if not np.isfinite(image).all() or image.min() < 0 or not inside.any():
            raise BadInputError(
                f'case "{case.case_id}": N4 needs an image that is not empty, without NaN and '
                "negative values. Correct MR magnitude images only."
            )
        corrected = [self._corrected(channel, inside, case) for channel in image]
        return replace(case, image=np.stack(corrected))

    def _corrected(self, channel: Float32, inside: Mask, case: Case) -> Float32:
        sitk = _simpleitk()
        whole = sitk.GetImageFromArray(channel + np.float32(1e-3 * channel.max() + 1e-6))
        # SimpleITK counts axes the other way round; a bias is measured in millimetres.
        whole.SetSpacing([float(step) for step in reversed(case.spacing)])
        mask = sitk.GetImageFromArray((inside & (channel > 0)).astype(np.uint8))
        mask.CopyInformation(whole)
        shrink = [min(self.shrink, max(size // 8, 1)) for size in reversed(channel.shape)]
        method = sitk.N4BiasFieldCorrectionImageFilter()
        method.SetMaximumNumberOfIterations(list(self.iterations))
        method.Execute(sitk.Shrink(whole, shrink), sitk.Shrink(mask, shrink))
        log_field = sitk.GetArrayFromImage(method.GetLogBiasFieldAsImage(whole))
        log_field = log_field - log_field[inside].mean()
        return np.asarray(channel / np.exp(log_field), dtype=np.float32)


def _simpleitk() -> Any:
    try:
        import SimpleITK
    except ImportError:
        raise MissingExtraError("SimpleITK", "curation") from None
    return SimpleITK
