"""The two ends of a split deployment: pictures become codes here, codes become masks there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cancergan.cohort import Cohort
from cancergan.cohort.columns import Column
from cancergan.cohort.prepared import prepare
from cancergan.cohort.table import without_paths
from cancergan.cohort.views import picked
from cancergan.core.errors import BadInputError
from cancergan.core.files import read_json, whole_folder, write_json
from cancergan.core.provenance import fingerprint
from cancergan.core.seeds import numpy_generator, torch_generator
from cancergan.games.obfuscating_encoder import ObfuscatingEncoder
from cancergan.losses.segmentation import label_probabilities
from cancergan.split_deployment.contract import Contract, read_parcel, the_tensor, write_parcel
from cancergan.split_deployment.export import (
    CONTRACT,
    GAME,
    HOSPITAL,
    OUTSIDE,
    PLAYERS,
    contract_of,
    half_game,
)
from cancergan.training.synthesis import label_map

CODES, MASKS, BATCH = "codes", "masks", "batch"
SEND, KEEP = "codes.safetensors", "kept.json"
_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Hospital:
    """The trusted end: the encoder, and how pictures become what it reads."""

    game: ObfuscatingEncoder
    contract: Contract
    column: Column

    @classmethod
    def open(cls, folder: Path) -> Hospital:
        """Open the hospital's half of an export.

        Raises:
            BadInputError: it is not one, of another version, or its encoder is not the agreed one.
        """
        game, contract = _opened(folder, HOSPITAL)
        column = Column.from_json(read_json(folder / "column.json"))
        if contract_of(game, column, contract.labels).encoder != contract.encoder:
            raise BadInputError(
                f"{folder}: this encoder is not encoder {contract.encoder} of its contract. "
                "Export the split anew."
            )
        return cls(game, contract, column)

    @torch.no_grad()
    def encode(self, cohort: Cohort, out: Path) -> int:
        """Write ``out/codes.safetensors``, to be sent, and ``out/kept.json``, to be kept.

        Codes are shuffled, and name neither patients nor cases; what is kept says which is whose.
        Order and noise come from a secret number, since who could draw the noise again could take
        it away. Codes of the same pictures sent often average it out: send them once.
        """
        cases = picked(cohort, self.column.view.where)
        pictures = prepare(self.column.of(cohort), self.column.preparation).images
        secret = secrets.randbits(62)
        order = numpy_generator(secret, "order").permutation(len(pictures))
        noise = torch_generator(secret, "noise")
        codes = torch.cat([
            self.game.code(torch.from_numpy(np.asarray(pictures[rows])), noise)
            for rows in np.array_split(order, -(-len(order) // _AT_ONCE))
        ])  # fmt: skip
        self.contract.check_codes(codes, str(cohort.origin))
        batch = fingerprint(codes.numpy())
        names = [str(name) for name in cases.table["case_id"]]
        with whole_folder(out) as folder:
            write_parcel(folder / SEND, {CODES: codes}, self.contract, batch=batch)
            write_json(folder / KEEP, {BATCH: batch, "case_ids": [names[row] for row in order]})
        return len(codes)

    def put_back(self, masks: Path, kept: Path, cohort: Cohort) -> Cohort:
        """Return the cases of a cohort with the masks that came back, on the encoder's grid.

        Raises:
            BadInputError: masks of another encoder or batch, another size or unknown labels, or a
                case that is not in the cohort.
        """
        tensors, contract, header = read_parcel(masks)
        maps = the_tensor(tensors, MASKS, masks)
        self.contract.check_same(contract, str(masks))
        record = read_json(kept)
        if header.get(BATCH) != record[BATCH]:
            raise BadInputError(f"{masks}: masks of another batch than {kept}. Give its own.")
        self._check_maps(maps, len(record["case_ids"]), str(masks))
        names = [str(name) for name in cohort.table["case_id"]]
        absent = sorted(set(record["case_ids"]) - set(names))
        if absent:
            raise BadInputError(
                f'{cohort.origin}: has no case "{absent[0]}", whose mask came back.'
            )
        row_of = {name: row for row, name in enumerate(record["case_ids"])}
        cases = cohort.select(np.isin(names, record["case_ids"]))
        found = np.stack([maps[row_of[str(name)]].numpy() for name in cases.table["case_id"]])
        return self._cohort(cases, found)

    def _check_maps(self, maps: torch.Tensor, cases: int, where: str) -> None:
        wanted = (cases, *self.contract.map_size)
        if tuple(maps.shape) != wanted or maps.dtype != torch.int32:
            raise BadInputError(
                f"{where}: masks of shape {tuple(maps.shape)} and type {maps.dtype}; agreed were "
                f"{wanted} of int32."
            )
        strange = sorted(set(np.unique(maps.numpy()).tolist()) - {0, *self.contract.labels})
        if strange:
            raise BadInputError(f"{where}: holds label {strange[0]}, which was not agreed.")

    def _cohort(self, cases: Cohort, masks: Any) -> Cohort:
        preparation = self.column.preparation
        shown = self.column.of(cases)
        images = [preparation.invert(preparation.apply(case)) for case in shown]
        placed: dict[str, Any] = {"spacing": [preparation.spacing(case) for case in shown]}
        affines = [preparation.affine(case) for case in shown]
        if all(affine is not None for affine in affines):
            placed["affine"] = np.stack([affine for affine in affines if affine is not None])
        provenance = {"segmented_outside": self.contract.model_dump(mode="json"),
                      "source_cohort": cases.fingerprint}  # fmt: skip
        table = without_paths(cases.table)
        return Cohort.from_arrays(images, table, masks=masks, provenance=provenance, **placed)


@dataclass(frozen=True, eq=False)
class Outside:
    """The end that nobody has to trust: the segmenter, which never sees a picture."""

    game: ObfuscatingEncoder
    contract: Contract

    @classmethod
    def open(cls, folder: Path) -> Outside:
        """Open the outside half of an export.

        Raises:
            BadInputError: it is not one, or of another version.
        """
        return cls(*_opened(folder, OUTSIDE))

    @torch.no_grad()
    def segment(self, codes: Path, out: Path) -> int:
        """Write the masks of a file of codes, in its order, and return how many.

        Raises:
            BadInputError: codes of another encoder, shape, type or range; ``out`` is taken.
        """
        if out.exists():
            raise BadInputError(f"{out}: exists already. Choose another --out.")
        tensors, contract, header = read_parcel(codes)
        shown = the_tensor(tensors, CODES, codes)
        self.contract.check_same(contract, str(codes))
        self.contract.check_codes(shown, str(codes))
        chances = torch.cat([
            label_probabilities(self.game.answer(part)) for part in torch.split(shown, _AT_ONCE)
        ])  # fmt: skip
        maps = [label_map(2 * chance.numpy() - 1, self.contract.labels) for chance in chances]
        masks = torch.from_numpy(np.stack(maps))
        write_parcel(out, {MASKS: masks}, self.contract, batch=header.get(BATCH, ""))
        return len(masks)


def _opened(folder: Path, side: str) -> tuple[ObfuscatingEncoder, Contract]:
    player = PLAYERS[side]
    if not (folder / f"{player}.safetensors").is_file():
        raise BadInputError(
            f"{folder}: is not the {side} half of a split (no {player}.safetensors). Give the "
            f'folder "{side}" that cancergan split export wrote.'
        )
    contract = Contract.read(folder / CONTRACT)
    weights, made_for, _ = read_parcel(folder / f"{player}.safetensors")
    contract.check_same(made_for, str(folder))
    return half_game(read_json(folder / GAME), side, weights), contract
