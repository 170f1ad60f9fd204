"""Which files are held back: those whose identity this library cannot take out by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cancergan.cohort.deidentification.pixels import ultrasound_regions

if TYPE_CHECKING:
    from pydicom import Dataset

_RADIOTHERAPY = {
    "1.2.840.10008.5.1.4.1.1.481.3": "structure set",
    "1.2.840.10008.5.1.4.1.1.481.5": "plan",
}
_SCREENS = "1.2.840.10008.5.1.4.1.1.7"


def reason_to_hold_back(
    dataset: Dataset, *, pixels_cleaned: bool, pixels_trusted: bool
) -> str | None:
    """Return why a file must not go out, or None.

    ``pixels_cleaned`` says that rectangles or a finder of text were given; ``pixels_trusted`` that
    someone has looked and found no text.
    """
    sop_class = str(dataset.get("SOPClassUID") or "")
    if "PixelData" not in dataset and sop_class not in _RADIOTHERAPY:
        return f"{dataset.get('Modality') or 'no image'}: objects without pixels carry free text"
    if dataset.get("RecognizableVisualFeatures") == "YES":
        return "shows a face that can be recognised; deface the volume first"
    if pixels_trusted or pixels_cleaned:
        return None
    if dataset.get("BurnedInAnnotation") == "YES":
        return "text is burned into the pixels; give rectangles to blacken"
    if dataset.get("BurnedInAnnotation") == "NO" or "PixelData" not in dataset:
        return None
    if dataset.get("Modality") == "US" and not ultrasound_regions(dataset):
        return "ultrasound that does not say where its image ends and text begins"
    if sop_class.startswith(_SCREENS):
        return "secondary capture that does not say whether text is burned in"
    return None
