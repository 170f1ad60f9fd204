"""The graph that provenance states is the one that the table was drawn from."""

import numpy as np
import pytest

from cancergan.cohort.phantoms import phantom
from cancergan.core.errors import BadInputError


def test_regulators_repress_their_genes_by_what_was_stated_and_no_others():
    cohort = phantom("paired_omics", 3000, mirnas=6, genes=10, targets=2, repression=0.6)
    table, graph = cohort.table, cohort.provenance["truth"]["graph"]
    source = table[[f"mirna_{i:02d}" for i in range(6)]].to_numpy()
    genes = [f"gene_{i:03d}" for i in range(10)]
    design = np.column_stack([source, np.ones(len(source))])
    found, *_ = np.linalg.lstsq(design, table[genes].to_numpy(), rcond=None)
    for row, name in enumerate(graph):
        expected = [-0.6 if gene in graph[name] else 0.0 for gene in genes]
        np.testing.assert_allclose(found[row], expected, atol=0.06)


def test_genes_hear_of_the_outcome_through_their_regulators_alone():
    cohort = phantom("paired_omics", 4000, mirnas=4, genes=6, targets=3, noise=0.5)
    table = cohort.table
    poor = (table["label"] == "poor").to_numpy(float)
    source = table[[f"mirna_{i:02d}" for i in range(4)]].to_numpy()
    design = np.column_stack([source, poor, np.ones(len(poor))])
    found, *_ = np.linalg.lstsq(design, table[[f"gene_{i:03d}" for i in range(6)]], rcond=None)
    np.testing.assert_allclose(found[4], 0.0, atol=0.08)
    assert table.loc[poor == 1, "mirna_00"].mean() == pytest.approx(1.0, abs=0.1)


def test_more_targets_than_genes_are_refused():
    with pytest.raises(BadInputError, match="no more targets than genes"):
        phantom("paired_omics", 3, genes=2, targets=3)
