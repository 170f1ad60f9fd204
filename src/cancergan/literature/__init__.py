"""The 161 publications of the review as a tool: which are there, what they report, what runs."""

from cancergan.literature.publications import Publication, publication, publications, select

__all__ = ["Publication", "publication", "publications", "select"]
