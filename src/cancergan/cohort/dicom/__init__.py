"""DICOM files as cases: what their headers say, how frames make volumes, what belongs to them."""
