"""The ground floor: errors, seeds, files, registries, estimates and provenance."""
