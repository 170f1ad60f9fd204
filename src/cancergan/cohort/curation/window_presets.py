"""Windows that radiologists use: Hounsfield units for CT, percentiles of the body for MR."""

from __future__ import annotations

from dataclasses import dataclass

from cancergan.core.registry import Registry


@dataclass(frozen=True)
class WindowPreset:
    """A window in physical units, or percentiles of the foreground where a modality has no unit.

    Attributes:
        low, high: ends in physical units, or percentiles.
        percentiles: whether they are percentiles; the result is then 0 to 1.
        use: what it is for.
    """

    low: float
    high: float
    percentiles: bool = False
    use: str = ""


presets: Registry[WindowPreset] = Registry("window preset")


def _ct(name: str, *, centre: float, width: float, use: str) -> None:
    presets.register(name)(WindowPreset(centre - width / 2, centre + width / 2, use=use))


_ct("ct_lung", centre=-600, width=1500, use="lung parenchyma and nodules")
_ct("ct_soft_tissue", centre=40, width=400, use="abdomen, pelvis, mediastinum")
_ct("ct_bone", centre=480, width=2500, use="bone and calcification")
_ct("ct_brain", centre=40, width=80, use="brain tissue")
_ct("ct_liver", centre=60, width=160, use="liver lesions")
_ct("ct_head_and_neck", centre=50, width=350, use="head and neck with contrast agent")
_ct("ct_radiotherapy", centre=500, width=3000, use="air to dense bone, for dose")
presets.register("mr_percentile")(WindowPreset(0.5, 99.5, True, "any MR sequence"))
presets.register("mr_wide")(WindowPreset(0.0, 99.9, True, "MR with bright lesions or vessels"))
presets.register("ultrasound")(WindowPreset(0.0, 255.0, use="8-bit ultrasound, as it is"))
presets.register("pet_suv")(WindowPreset(0.0, 10.0, use="standardised uptake values"))
