"""Hold-out split by a hash of the record id, so that a row is always on the same side."""

import hashlib

import polars as pl


def is_held_out(record_id: str, fraction: float) -> bool:
    """Return True for about `fraction` of all record ids, always the same ones."""
    digest = hashlib.blake2b(record_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < fraction * 2**64


def split(table: pl.DataFrame, record_id: str, fraction: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split a table into training and hold-out rows by its record id column."""
    held_out = pl.Series([is_held_out(value, fraction) for value in table[record_id]], dtype=pl.Boolean)
    return table.filter(~held_out), table.filter(held_out)
