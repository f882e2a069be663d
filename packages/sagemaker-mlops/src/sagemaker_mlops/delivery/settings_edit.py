"""Change one value of the environments file; comments, order and every other character stay."""

from pathlib import Path

import yaml

from sagemaker_mlops.delivery.errors import DeliveryError


def set_value(path: Path, key: str, value: str) -> bool:
    """Give a top-level key another value; returns False if it has that value already.

    Raises DeliveryError if the file has no such key, or its value is not a plain text.
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
