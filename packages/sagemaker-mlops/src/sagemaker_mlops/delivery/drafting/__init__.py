"""Draft of a contract from data files: types, ranges, categories, suspects, and floors of a first model."""
