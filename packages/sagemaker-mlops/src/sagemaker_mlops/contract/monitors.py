"""Kinds of monitors, and names of the metrics and reports that the analyzer publishes for each.

The stacks create alarms on these metrics and the analyzer publishes them, so both import the names from this module.
"""

from typing import Literal

MonitorKind = Literal["data-quality", "model-quality", "bias", "explainability"]
KINDS: tuple[MonitorKind, ...] = ("data-quality", "model-quality", "bias", "explainability")

# All metrics have the dimensions endpoint and kind of monitor. Violated: 1 for a window whose data or model violated
# the contract, 0 for a window that kept it; not published for a window that could not be judged.
VIOLATED = "Violated"
# 1 for each window that was analyzed to the end, whatever the result.
COMPLETED = "Completed"
# Number of requests in the window; hours since the last label while predictions wait for labels.
ROWS = "Rows"
LABEL_AGE = "LabelAgeHours"
# Largest distance of a tested column from its baseline; largest difference between a metric and its live floor.
LARGEST_DRIFT = "LargestDrift"
QUALITY_SHORTFALL = "QualityShortfall"
METRICS = (VIOLATED, COMPLETED, ROWS, LABEL_AGE, LARGEST_DRIFT, QUALITY_SHORTFALL)

ENDPOINT_DIMENSION, KIND_DIMENSION = "Endpoint", "Monitor"

# Production variant and shadow variant of the endpoint. The shadow variant receives copies of the requests and its
# responses are discarded, so monitors ignore it.
VARIANT, SHADOW_VARIANT = "AllTraffic", "Shadow"

# Objects next to the reports of each kind: the newest report, the newest report of a window that could be judged, and
# the newest report with a violation.
LATEST_REPORT, LATEST_JUDGED_REPORT, LATEST_VIOLATION_REPORT = "latest.json", "judged.json", "broken.json"

# Prefix of the inference ids of requests that test a release; monitors ignore these requests.
TEST_REQUEST_ID = "release-test-"

# Inference ids that a caller may set: printable ASCII, no leading space, at most 64 characters.
# Source: botocore 1.43.106, sagemaker-runtime InvokeEndpoint InferenceId: \A\S[\p{Print}]*\z, length 1 to 64.
INFERENCE_ID_PATTERN = "[!-~][ -~]{0,63}"

# Days after `label.arrives_after_days` before labels count as missing.
LABEL_GRACE_DAYS = 1


def labels_missing_after(arrives_after_days: int) -> float:
    """Return the number of hours without any label after which the team is notified.

    Args:
        arrives_after_days: `label.arrives_after_days` of the contract.
    """
    return 24.0 * (arrives_after_days + LABEL_GRACE_DAYS)
