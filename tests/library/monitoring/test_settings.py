from datetime import UTC, datetime, timedelta

import pytest
from sagemaker_mlops.monitoring.settings import InvalidSettings, read_settings

GIVEN = {
    "MONITOR_KIND": "bias",
    "MONITOR_ENDPOINT": "shop",
    "MONITOR_NAMESPACE": "shop/monitoring",
    "MONITOR_CAPTURE_URI": "s3://bucket/capture/shop",
    "MONITOR_LABELS_URI": "s3://bucket/labels",
    "MONITOR_REPORT_URI": "s3://bucket/monitoring/bias",
    "MONITOR_MODEL_PACKAGE_GROUP": "group",
    "MONITOR_WINDOW_HOURS": "24",
}


def test_a_scheduled_pipeline_says_no_window() -> None:
    found = read_settings(GIVEN)
    assert (found.window, found.given_start) == (timedelta(days=1), None)


def test_model_monitor_says_which_window() -> None:
    given = {"start_time": "2026-11-22T01:00:00Z", "end_time": "2026-11-22T02:00:00Z"}
    found = read_settings({**GIVEN, **given})
    assert found.given_start == datetime(2026, 11, 22, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("MONITOR_KIND", "whim", "found 'whim'"),
        ("MONITOR_ENDPOINT", "", "MONITOR_ENDPOINT"),
        ("MONITOR_LABELS_URI", "none", "MONITOR_LABELS_URI"),
        ("MONITOR_WINDOW_HOURS", "soon", "number of hours"),
        ("start_time", "soon", "ISO 8601"),
    ],
)
def test_what_is_missing_or_wrong_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(InvalidSettings, match=message):
        read_settings({**GIVEN, name: value})
