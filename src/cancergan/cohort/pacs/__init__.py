"""To and from a PACS: DICOMweb (STOW-RS, QIDO-RS, WADO-RS) and DIMSE (C-STORE, C-FIND, C-GET)."""

from cancergan.cohort.pacs.arrivals import Arrivals
from cancergan.cohort.pacs.errors import PacsError
from cancergan.cohort.pacs.parcels import Parcel, parcels_of
from cancergan.cohort.pacs.receiver import receiving
from cancergan.cohort.pacs.server import FoundSeries, Query, Server, connect
from cancergan.cohort.pacs.transfer import fetch, push

__all__ = [
    "Arrivals",
    "FoundSeries",
    "PacsError",
    "Parcel",
    "Query",
    "Server",
    "connect",
    "fetch",
    "parcels_of",
    "push",
    "receiving",
]
