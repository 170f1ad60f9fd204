"""Losses and penalties, pure functions with their equations."""
