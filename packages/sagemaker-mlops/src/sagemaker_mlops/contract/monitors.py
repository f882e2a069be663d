"""The monitors of a serving model: their kinds, and the metrics that the analyzer publishes about each.

The stacks make alarms on these metrics, and the analyzer emits them, so their names are here, where both read them.
"""

from typing import Literal

MonitorKind = Literal["data-quality", "model-quality", "bias", "explainability"]
KINDS: tuple[MonitorKind, ...] = ("data-quality", "model-quality", "bias", "explainability")

# 1 in a window whose data or model broke the contract, else 0; per endpoint and kind.
VIOLATED = "Violated"
# 1 per window that was analysed to its end, whatever was found.
COMPLETED = "Completed"
# Requests in the window; hours that predictions have waited for a label.
ROWS = "Rows"
LABEL_AGE = "LabelAgeHours"
# The largest distance of a tested column from its baseline; how much of the promised quality is missing.
LARGEST_DRIFT = "LargestDrift"
QUALITY_SHORTFALL = "QualityShortfall"
METRICS = (VIOLATED, COMPLETED, ROWS, LABEL_AGE, LARGEST_DRIFT, QUALITY_SHORTFALL)

ENDPOINT_DIMENSION, KIND_DIMENSION = "Endpoint", "Monitor"

# The endpoint's variants: one answers, the other gets copies and answers nobody, so monitors leave it out.
VARIANT, SHADOW_VARIANT = "AllTraffic", "Shadow"

# Below a kind's reports: which is the newest, the newest with a verdict, the newest with a broken promise.
LATEST, JUDGED, BROKEN = "latest.json", "judged.json", "broken.json"

# Requests whose inference ids begin so are tests of a release, which no monitor counts.
TEST_REQUEST_ID = "release-test-"

# Inference ids that a caller may give: printable ASCII, no space at the beginning, at most 64 characters.
# Source: botocore 1.43.106, sagemaker-runtime InvokeEndpoint InferenceId: \A\S[\p{Print}]*\z, length 1 to 64.
INFERENCE_ID_PATTERN = "[!-~][ -~]{0,63}"

# Labels that come this much later than promised are missing.
LABEL_GRACE_DAYS = 1


def labels_missing_after(arrives_after_days: int) -> float:
    """Hours without any label after which people are told."""
    return 24.0 * (arrives_after_days + LABEL_GRACE_DAYS)
