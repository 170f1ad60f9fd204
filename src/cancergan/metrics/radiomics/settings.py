"""What decides a radiomic figure: two laboratories compare only if all of this is equal."""

from __future__ import annotations

from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cancergan.core.provenance import fingerprint
from cancergan.core.validation import validated

Profile = Literal["ibsi", "pyradiomics"]
Neighbourhood = Literal["2D", "2.5D", "3D"]
Directions = Literal["merge", "average"]

Family = Literal[
    "morphology",
    "local_intensity",
    "intensity",
    "histogram",
    "volume_histogram",
    "glcm",
    "glrlm",
    "glszm",
    "gldzm",
    "ngtdm",
    "ngldm",
]

FAMILIES: tuple[Family, ...] = get_args(Family)
# What pyradiomics 3.0.1 calculates; its first-order class takes from two families of IBSI.
PYRADIOMICS_FAMILIES: tuple[Family, ...] = (
    "morphology",
    "intensity",
    "histogram",
    "glcm",
    "glrlm",
    "glszm",
    "ngtdm",
    "ngldm",
)
FAMILIES_OF = {"ibsi": FAMILIES, "pyradiomics": PYRADIOMICS_FAMILIES}
MOST_LEVELS = 1024


class RadiomicsSettings(BaseModel):
    """How regions become grey levels, and grey levels become features.

    Make them with ``for_profile``, which fills in what the profile prescribes.

    Attributes:
        profile: "ibsi" (Zwanenburg et al. 2020), or "pyradiomics" (van Griethuysen et al. 2017):
            its feature names, kurtosis 3 higher, bins of fixed width that start at 0.
        families: which families of features; see ``FAMILIES``.
        bin_number: so many grey levels between the least and the greatest value of each region.
        bin_width: or grey levels of this width, in the image's own unit.
        resegment: (low, high): values outside do not count as part of the region (bounds included).
        outliers: values further from the mean than so many standard deviations do not count either;
            3 is usual.
        neighbourhood: of volumes. "3D"; "2D" takes features slice by slice and averages them;
            "2.5D" counts slice by slice into one matrix. Slices lie along the last axis. Pictures
            have one slice.
        directions: of co-occurrence and runs: "merge" counts all directions into one matrix,
            "average" averages the features of one matrix each.
        energy_shift: added to values before energy and root mean square (pyradiomics'
            ``voxelArrayShift``).
        dependence: greatest difference of grey levels that counts as dependent (NGLDM's alpha).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: Profile = "ibsi"
    families: tuple[Family, ...] = FAMILIES
    bin_number: int | None = Field(default=32, ge=2, le=MOST_LEVELS)
    bin_width: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    resegment: tuple[float, float] | None = None
    outliers: float | None = Field(default=None, gt=0)
    neighbourhood: Neighbourhood = "3D"
    directions: Directions = "merge"
    energy_shift: float = Field(default=0.0, allow_inf_nan=False)
    dependence: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if (self.bin_number is None) == (self.bin_width is None):
            raise ValueError("give either bin_number or bin_width")
        if self.resegment is not None and not self.resegment[0] < self.resegment[1]:
            raise ValueError(f"resegment is {self.resegment}, must be (low, high) with low < high")
        lacking = sorted(set(self.families) - set(FAMILIES_OF[self.profile]))
        if lacking or not self.families:
            raise ValueError(f"families {lacking} are not in the profile {self.profile}")
        return self

    @classmethod
    def for_profile(cls, profile: Profile = "ibsi", **changes: Any) -> RadiomicsSettings:
        """Return the settings of a profile, some of them changed.

        "ibsi": 32 bins, directions merged. "pyradiomics": bins 25 wide, directions averaged, and
        only the families that pyradiomics has.

        Raises:
            BadInputError: an unknown setting, profile, family or choice, or numbers that make no
                sense.
        """
        defaults: dict[str, Any] = {"profile": profile}
        if profile == "pyradiomics":
            defaults |= {"directions": "average", "families": PYRADIOMICS_FAMILIES}
            defaults |= {"bin_width": 25.0, "bin_number": None}
        # Whoever sets one way of binning gives up the other.
        for one, other in (("bin_number", "bin_width"), ("bin_width", "bin_number")):
            if changes.get(one) is not None:
                changes.setdefault(other, None)
        return validated(cls, defaults | changes, where="radiomics settings")

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits of every setting."""
        return fingerprint(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """Return the settings as a JSON object."""
        content: dict[str, Any] = self.model_dump(mode="json")
        return content
