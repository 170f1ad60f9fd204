"""Pure functions from arrays to numbers: how alike, how varied, how copied, how useful."""
