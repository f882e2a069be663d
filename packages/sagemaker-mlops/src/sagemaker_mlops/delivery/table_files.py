"""Check that a path is a file that commands read as a table."""

from pathlib import Path

from sagemaker_mlops.contract.data_files import TABLE_SUFFIXES
from sagemaker_mlops.delivery.errors import DeliveryError


def require_table_file(path: Path) -> None:
    """Raise DeliveryError unless a path is a file with the ending of a CSV or Parquet file."""
    if not path.is_file():
        raise DeliveryError(f"expected a CSV or Parquet file, found nothing at {path}")
    if path.suffix not in TABLE_SUFFIXES:
        raise DeliveryError(f"expected a file that ends in {' or '.join(TABLE_SUFFIXES)}, found {path.name}")
