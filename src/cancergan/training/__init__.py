"""Training: plays any game, on any device, and records the run."""
