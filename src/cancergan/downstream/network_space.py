"""A feature space from a network in a file: TorchScript, ONNX or safetensors, by its checksum.

RadImageNet, Inception, MedicalNet or a network of one's own: nothing is fetched, and nothing runs
whose bytes are not the stated ones. A TorchScript or ONNX file holds a program; load only files
whose origin you know. How images are brought to the network is stated beside it, in ``space.yaml``,
for two ways of resizing are two spaces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import nn
from torch.nn import functional

from cancergan.core.errors import BadInputError, MissingExtraError
from cancergan.core.files import check_sum
from cancergan.core.provenance import fingerprint
from cancergan.core.validation import validated
from cancergan.downstream.batches import Float64, checked_images, in_chunks

Function = Callable[[torch.Tensor], torch.Tensor]


class SpaceDescription(BaseModel):
    """What ``space.yaml`` says of a network and of the images that it wants.

    Attributes:
        name: what reports call the space.
        file: the network, relative to the description; .pt or .ts (TorchScript), .onnx, or
            .safetensors (weights of a module that the caller gives).
        sha256: of the file, 64 hexadecimal digits.
        channels: that the network takes; one grey channel is repeated to fill them.
        image_size: sides that images are resized to (linear, antialiased); their own if absent.
        value_range: what [-1, 1] is mapped to linearly, before mean and deviation.
        mean, deviation: for each channel, subtracted and divided by.
        trained_on: fingerprints of cohorts that the network has seen, so that a report can refuse
            to judge by one that has seen the test cases.
        source: where it comes from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    file: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    channels: int = Field(default=3, gt=0)
    image_size: tuple[int, ...] | None = None
    value_range: tuple[float, float] = (0.0, 1.0)
    mean: tuple[float, ...] = (0.0,)
    deviation: tuple[float, ...] = (1.0,)
    trained_on: tuple[str, ...] = ()
    source: str = ""

    @model_validator(mode="after")
    def _lengths(self) -> SpaceDescription:
        for name in ("mean", "deviation"):
            if len(getattr(self, name)) not in (1, self.channels):
                raise ValueError(f"{name} must have 1 or {self.channels} numbers")
        if min(self.deviation) <= 0:
            raise ValueError("deviation must be above 0")
        return self


@dataclass(frozen=True, eq=False)
class NetworkSpace:
    """The features that a network in a file gives.

    Attributes:
        description: of network and preprocessing.
        network: from images as it wants them to features (B, d) or maps (B, d, *spatial).
    """

    description: SpaceDescription
    network: Function

    @property
    def name(self) -> str:
        """Its name in a report."""
        return self.description.name

    @property
    def fingerprint(self) -> str:
        """Identifies the bytes of the network and the preprocessing."""
        stated = self.description.model_dump(mode="json")
        return fingerprint({key: stated[key] for key in sorted(stated) if key != "file"})

    @property
    def trained_on(self) -> tuple[str, ...]:
        """Fingerprints of the cohorts, or of their patients, that the network has seen."""
        return self.description.trained_on

    def features(self, images: npt.ArrayLike) -> Float64:
        """Return features (n, d) of images (n, C, *spatial) in [-1, 1]; maps are averaged.

        Raises:
            BadInputError: other channels than the network takes, or features that are not finite.
        """
        batch = checked_images(images)
        wanted = self.description.channels
        if batch.shape[1] not in (1, wanted):
            raise BadInputError(
                f"images have {batch.shape[1]} channels, the network {self.name} takes {wanted}."
            )
        found = in_chunks(lambda part: self._pooled(self.network(self.prepared(part))), batch)
        if not np.isfinite(found).all():
            raise BadInputError(f"the network {self.name} gives NaN. Check its preprocessing.")
        return found

    def prepared(self, images: torch.Tensor) -> torch.Tensor:
        """Return images (B, C, *spatial) in [-1, 1] as the network wants them."""
        stated = self.description
        if stated.image_size is not None and tuple(images.shape[2:]) != stated.image_size:
            images = _resized(images, stated.image_size)
        low, high = stated.value_range
        scaled = low + (images + 1) / 2 * (high - low)
        if scaled.shape[1] == 1:
            scaled = scaled.expand(-1, stated.channels, *scaled.shape[2:])
        shape = (1, -1, *[1] * (images.ndim - 2))
        return (scaled - torch.tensor(stated.mean).view(shape)) / torch.tensor(
            stated.deviation
        ).view(shape)

    def _pooled(self, output: torch.Tensor) -> torch.Tensor:
        if output.ndim < 2:
            raise BadInputError(f"the network {self.name} gives {tuple(output.shape)}, not (B, d).")
        return output.flatten(2).mean(2) if output.ndim > 2 else output


def open_space(path: Path | str, *, module: nn.Module | None = None) -> NetworkSpace:
    """Open a feature space from its description, a YAML file beside the network.

    Args:
        path: of the description.
        module: for safetensors, the network that the weights belong to.

    Raises:
        BadInputError: the description or the network is missing or malformed, or the checksum of
            the network is not the stated one.
        MissingExtraError: an ONNX file, and onnxruntime is not installed.
    """
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInputError(f"{path}: not found. Check the path.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path}: is not YAML ({' '.join(str(error).split())}).") from None
    if not isinstance(content, dict):
        raise BadInputError(f'{path}: is not a space. It needs "name", "file" and "sha256".')
    description = validated(SpaceDescription, content, where=str(path))
    file = path.parent / description.file
    check_sum(file, description.sha256)
    return NetworkSpace(description, _opened(file, module))


def _opened(file: Path, module: nn.Module | None) -> Function:
    kind = file.suffix.lower()
    if kind in (".pt", ".ts"):
        return _torchscript(file)
    if kind == ".onnx":
        return _onnx(file)
    if kind == ".safetensors":
        return _safetensors(file, module)
    raise BadInputError(f"{file}: unknown kind of network. Known: .pt, .ts, .onnx, .safetensors.")


def _torchscript(file: Path) -> Function:
    try:
        network = torch.jit.load(str(file), map_location="cpu")  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        raise BadInputError(f"{file}: is not TorchScript ({str(error).splitlines()[0]}).") from None
    frozen: Function = network.eval()
    return frozen


def _onnx(file: Path) -> Function:
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError("onnxruntime", "onnx") from None
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def network(images: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(np.asarray(session.run(None, {name: images.numpy()})[0]))

    return network


def _safetensors(file: Path, module: nn.Module | None) -> Function:
    from safetensors.torch import load_file

    if module is None:
        raise BadInputError(f"{file}: holds weights alone. Give the module that they belong to.")
    try:
        module.load_state_dict(load_file(file))
    except RuntimeError as error:
        raise BadInputError(f"{file}: weights of another network ({error}).") from None
    return module.eval()


def _resized(images: torch.Tensor, size: tuple[int, ...]) -> torch.Tensor:
    if len(size) != images.ndim - 2:
        raise BadInputError(f"image_size {size} for images in {images.ndim - 2} dimensions.")
    if images.ndim == 4:
        return functional.interpolate(
            images, size=size, mode="bilinear", antialias=True, align_corners=False
        )
    return functional.interpolate(images, size=size, mode="trilinear", align_corners=False)
