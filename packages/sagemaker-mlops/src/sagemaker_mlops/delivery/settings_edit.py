"""Edit of one value in the environments file that keeps comments, order and formatting."""

from pathlib import Path

import yaml

from sagemaker_mlops.delivery.errors import DeliveryError


def set_value(path: Path, key: str, value: str) -> bool:
    """Set the value of a top-level key. Return False if the key has this value already.

    Raises:
        DeliveryError: The file has no such key, or the value of the key is not a scalar.
    """
    text = path.read_text(encoding="utf-8")
    node = _scalar(text, key)
    if node is None:
        raise DeliveryError(f"expected {key}: with a text in {path.name}, found none; add it: {key}: {value}")
    if node.value == value:
        return False
    begin, end = node.start_mark.index, node.end_mark.index
    quote = text[begin] if text[begin] in "\"'" else ""
    path.write_text(text[:begin] + quote + value + quote + text[end:], encoding="utf-8")
    return True


def _scalar(text: str, key: str) -> yaml.ScalarNode | None:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return None
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key and isinstance(value, yaml.ScalarNode)), None)
