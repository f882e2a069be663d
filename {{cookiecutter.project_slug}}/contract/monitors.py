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
# Requests in the window; hours since the newest label.
ROWS = "Rows"
LABEL_AGE = "LabelAgeHours"
METRICS = (VIOLATED, COMPLETED, ROWS, LABEL_AGE)

ENDPOINT_DIMENSION, KIND_DIMENSION = "Endpoint", "Monitor"
