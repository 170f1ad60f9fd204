"""What the answers of a locked study say, and how sure that is."""

from cancergan.reader_study.analysis.analyse import Analysis, analyse, estimates_of

__all__ = ["Analysis", "analyse", "estimates_of"]
