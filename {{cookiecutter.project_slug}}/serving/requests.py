"""Check request records against the contract. Faults name record, field and rule, never a value."""

from dataclasses import asdict, dataclass
from typing import Any

from contract.contract import Contract
from contract.features import BooleanFeature, CategoryFeature, Feature

LARGEST_NUMBER = 2**63 - 1  # what a column of whole numbers can hold


@dataclass(frozen=True)
class RequestFault:
    """One broken rule of one record; records count from 0."""

    record: int
    field: str | None
    rule: str

    def as_dict(self) -> dict[str, Any]:
        """The fault as JSON-ready values."""
        return asdict(self)


def records_of(content: Any) -> list[Any] | None:
    """The records of a JSON request: `{"records": [...]}` or one record by itself; None if it is neither."""
    if isinstance(content, dict) and isinstance(content.get("records"), list):
        records: list[Any] = content["records"]
        return records
    return [content] if isinstance(content, dict) and "records" not in content else None


def check_records(records: list[Any], contract: Contract) -> list[RequestFault]:
    """Return every broken rule of every record."""
    return [fault for number, record in enumerate(records) for fault in _check_record(number, record, contract)]


def _check_record(number: int, record: Any, contract: Contract) -> list[RequestFault]:
    if not isinstance(record, dict):
        return [RequestFault(number, None, "not_an_object")]
    faults = []
    for feature in contract.features:
        rule = "missing_field" if feature.name not in record else _broken_rule(record[feature.name], feature)
        if rule:
            faults.append(RequestFault(number, feature.name, rule))
    unknown = set(record) - set(contract.feature_names)
    # The name of an unknown field is the caller's text, so it is not repeated either.
    return [*faults, *([RequestFault(number, None, "unknown_field")] if unknown else [])]


def _broken_rule(value: Any, feature: Feature) -> str | None:
    if value is None:
        return None if feature.nullable else "missing_value"
    if isinstance(feature, BooleanFeature):
        return None if isinstance(value, bool) else "wrong_type"
    if isinstance(feature, CategoryFeature):
        return None if isinstance(value, str) and value in feature.categories else "unknown_category"
    allowed = int if feature.type == "integer" else (int, float)
    if isinstance(value, bool) or not isinstance(value, allowed):
        return "wrong_type"
    low = -LARGEST_NUMBER if feature.minimum is None else feature.minimum
    high = LARGEST_NUMBER if feature.maximum is None else feature.maximum
    return None if max(low, -LARGEST_NUMBER) <= value <= min(high, LARGEST_NUMBER) else "out_of_range"
