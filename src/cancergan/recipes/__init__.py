"""Recipes: sentences that say which data, which game, how it is trained and what it is for."""
