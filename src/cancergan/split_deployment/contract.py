"""What hospital and outside agree on: which codes, by which encoder, in which version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from cancergan.core.errors import BadInputError
from cancergan.core.files import read_json, whole_file
from cancergan.core.validation import validated

CONTRACT_VERSION = 1
_KEY = "contract"


class Contract(BaseModel):
    """The feature contract between a trusted encoder and a segmenter that nobody has to trust.

    Attributes:
        contract_version: of this very format; both ends must have the same.
        encoder: fingerprint of the encoder's weights, noise and preparation. Codes of another
            encoder mean something else, and a segmenter would mark nonsense without a word.
        code_shape: (channels, *spatial) of one code, float32.
        code_range: lowest and highest value of a code.
        map_size: (*spatial) of the maps of labels that come back.
        labels: the numbers that a map holds beside 0, background.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    contract_version: int = CONTRACT_VERSION
    encoder: str
    code_shape: tuple[int, ...] = Field(min_length=2)
    code_range: tuple[float, float] = (-1.0, 1.0)
    map_size: tuple[int, ...] = Field(min_length=1)
    labels: tuple[int, ...] = Field(min_length=1)

    @classmethod
    def of(cls, values: Mapping[str, Any], where: str) -> Contract:
        """Return the contract that a file states.

        Raises:
            BadInputError: another version, or not a contract.
        """
        version = values.get("contract_version")
        if version != CONTRACT_VERSION:
            raise BadInputError(
                f"{where}: has a feature contract of version {version}; this installation speaks "
                f"version {CONTRACT_VERSION}. Export the split anew, with one version at both ends."
            )
        return validated(cls, values, where=where)

    @classmethod
    def read(cls, path: Path) -> Contract:
        """Read a contract from its JSON file."""
        return cls.of(read_json(path), str(path))

    def check_same(self, other: Contract, where: str) -> None:
        """Refuse what was made under another contract.

        Raises:
            BadInputError: says in what it differs.
        """
        if other.encoder != self.encoder:
            raise BadInputError(
                f"{where}: made with encoder {other.encoder}, and this end belongs to encoder "
                f"{self.encoder}. Use the two halves of one export."
            )
        for name in type(self).model_fields:
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                raise BadInputError(f"{where}: {name} is {theirs}, agreed was {mine}.")

    def check_codes(self, codes: Tensor, where: str) -> None:
        """Refuse codes (n, *code_shape) of another shape, type or range.

        Raises:
            BadInputError: says which.
        """
        if tuple(codes.shape[1:]) != self.code_shape or codes.dtype != torch.float32:
            raise BadInputError(
                f"{where}: codes of shape {tuple(codes.shape[1:])} and type {codes.dtype}; agreed "
                f"were {self.code_shape} of float32."
            )
        low, high = self.code_range
        if not (torch.isfinite(codes).all() and (codes >= low).all() and (codes <= high).all()):
            raise BadInputError(
                f"{where}: has values outside the agreed range {low:g} to {high:g}."
            )


def write_parcel(
    path: Path, tensors: Mapping[str, Tensor], contract: Contract, **values: str
) -> None:
    """Write tensors with the contract in the header (safetensors: nothing is ever unpickled)."""
    from safetensors.torch import save_file

    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with whole_file(path) as temporary:
        save_file(plain, temporary, metadata={_KEY: contract.model_dump_json(), **values})


def read_parcel(path: Path) -> tuple[dict[str, Tensor], Contract, dict[str, str]]:
    """Return the tensors of a file, their contract, and what else its header says.

    Raises:
        BadInputError: no such file, no contract, or one of another version.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            header = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise BadInputError(
            f"{path}: cannot be read ({error}). Give a file that cancergan split wrote."
        ) from None
    if _KEY not in header:
        raise BadInputError(f"{path}: has no contract. Give a file that cancergan split wrote.")
    return tensors, Contract.of(json.loads(header.pop(_KEY)), str(path)), header


def the_tensor(tensors: Mapping[str, Tensor], name: str, path: Path) -> Tensor:
    """Return the tensor ``name`` of a file.

    Raises:
        BadInputError: the file holds something else.
    """
    if name not in tensors:
        raise BadInputError(f"{path}: holds {', '.join(sorted(tensors))[:60]}, not {name}.")
    return tensors[name]
