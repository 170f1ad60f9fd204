"""The reader study: design, reading room and analysis of how well people tell synthetic images."""
