"""The commands that people and workflows run: `python -m delivery --help`."""
