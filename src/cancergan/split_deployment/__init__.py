"""Segmentation by somebody who shall not learn who the patients are (the review's Figure 8).

A trusted encoder stays at the hospital, a segmenter goes outside, and codes under a contract go
between them.
"""

from cancergan.split_deployment.contract import CONTRACT_VERSION, Contract
from cancergan.split_deployment.ends import Hospital, Outside
from cancergan.split_deployment.export import examine, export
from cancergan.split_deployment.probe import Probe

__all__ = ["CONTRACT_VERSION", "Contract", "Hospital", "Outside", "Probe", "examine", "export"]
