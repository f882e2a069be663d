"""Limits in the contract: metric floors, champion rule, fairness, latency and drift."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sagemaker_mlops.contract.features import BooleanFeature, CategoryFeature, ColumnName, Fraction, Frozen
from sagemaker_mlops.contract.labels import ProblemType

MetricName = Literal[
    "roc_auc",
    "average_precision",
    "recall",
    "precision",
    "accuracy",
    "brier_score",
    "log_loss",
    "balanced_accuracy",
    "macro_f1",
    "macro_roc_auc",
    "mean_absolute_error",
    "root_mean_squared_error",
    "r2",
]
METRICS_OF: dict[ProblemType, tuple[MetricName, ...]] = {
    "binary": ("roc_auc", "average_precision", "recall", "precision", "accuracy", "brier_score", "log_loss"),
    "multiclass": ("accuracy", "balanced_accuracy", "macro_f1", "macro_roc_auc", "log_loss"),
    "regression": ("mean_absolute_error", "root_mean_squared_error", "r2"),
}
LOWER_IS_BETTER: frozenset[str] = frozenset(
    {"brier_score", "log_loss", "mean_absolute_error", "root_mean_squared_error"}
)
# Metrics without an upper bound: errors are in the unit of the label. R2 is negative for a model worse than the mean.
UNBOUNDED: frozenset[str] = frozenset({"log_loss", "mean_absolute_error", "root_mean_squared_error"})
MAY_BE_NEGATIVE: frozenset[str] = frozenset({"r2"})
Confidence = Annotated[float, Field(gt=0.5, lt=1)]

FairnessRate = Literal[
    "true_positive_rate",
    "false_positive_rate",
    "selection_rate",
    "accuracy",
    "mean_absolute_error",
    "mean_error",
]
SHARES: tuple[FairnessRate, ...] = ("true_positive_rate", "false_positive_rate", "selection_rate", "accuracy")
RATES_OF: dict[ProblemType, tuple[FairnessRate, ...]] = {
    "binary": SHARES,
    "multiclass": SHARES,
    "regression": ("mean_absolute_error", "mean_error"),
}


class MetricLimit(Frozen):
    """Worst acceptable value of a metric: a maximum for errors, brier_score and log_loss, a minimum for others."""

    metric: MetricName
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _one_bound_in_the_right_direction(self) -> Self:
        needed = "maximum" if self.metric in LOWER_IS_BETTER else "minimum"
        given = [name for name in ("minimum", "maximum") if getattr(self, name) is not None]
        if given != [needed]:
            found = " and ".join(given) or "neither bound"
            raise ValueError(f"{self.metric} needs exactly one bound, {needed}; found {found}")
        bound = self.minimum if self.minimum is not None else self.maximum
        if bound is None:
            return self
        if (bound < 0 and self.metric not in MAY_BE_NEGATIVE) or (bound > 1 and self.metric not in UNBOUNDED):
            allowed = "0 or more" if self.metric in UNBOUNDED else "between 0 and 1"
            allowed = "at most 1" if self.metric in MAY_BE_NEGATIVE else allowed
            raise ValueError(f"{self.metric} is {allowed}, so {bound:g} decides nothing; correct it")
        return self

    @property
    def bound(self) -> str:
        """The bound as text, such as `at least 0.85`."""
        return f"at least {self.minimum:g}" if self.minimum is not None else f"at most {self.maximum:g}"


class Gates(Frozen):
    """Metric floors: `registration` for a new model, `live` for the deployed model.

    A live floor must not be stricter than the registration floor of the same metric. Set it lower, because later
    data are harder to predict.
    """

    decision_threshold: Fraction = Field(
        default=0.5, description="Scores at or above it count as positive; for problem: binary only."
    )
    confidence: Confidence = Field(default=0.95, description="Coverage of the printed intervals.")
    live_confidence: Confidence = Field(
        default=0.8,
        description="How sure a monitor is in one window that a live floor is broken; the alarm wants several windows.",
    )
    registration: tuple[MetricLimit, ...] = Field(min_length=1)
    live: tuple[MetricLimit, ...] = Field(min_length=1)


class ChampionRule(Frozen):
    """Rule that compares a challenger with the champion on hold-out rows that neither was trained on."""

    metric: MetricName
    rule: Literal["not_worse", "better"] = Field(
        description="not_worse: the champion is not significantly better; better: the challenger is."
    )
    maximum_loss: Annotated[float, Field(ge=0)] = Field(
        default=0.02,
        description="Refuse a larger loss even if it is not significant. In the metric's unit, so name it for errors.",
    )


class FairnessLimit(Frozen):
    """Largest allowed difference of one rate between two groups of the same feature.

    For a label with categories, each of them is compared. For a number, the rates are the mean absolute error and the
    mean error (predicted minus actual), in the unit of the label.
    """

    rate: FairnessRate
    maximum_difference: Annotated[float, Field(ge=0)]
    groups: tuple[ColumnName, ...] = Field(
        default=(),
        description="The limit is for the groups of these columns, in place of one for all; empty: for all columns.",
    )

    @model_validator(mode="after")
    def _differences_of_shares_are_shares(self) -> Self:
        if self.rate in SHARES and self.maximum_difference > 1:
            raise ValueError(f"{self.rate} is a share, so {self.maximum_difference:g} decides nothing; correct it")
        return self


GroupColumn = Annotated[CategoryFeature | BooleanFeature, Field(discriminator="type")]


class Fairness(Frozen):
    """Columns whose groups are compared, and the largest allowed differences of rates between the groups.

    Groups that are too small are reported but not judged.
    """

    groups: tuple[ColumnName, ...] = Field(description="Names of features, or of `columns`.")
    columns: tuple[GroupColumn, ...] = Field(
        default=(),
        description="Columns of the data that neither the model nor requests have, only the evaluation.",
    )
    minimum_rows: Annotated[int, Field(ge=1)] = 50
    minimum_positives: Annotated[int, Field(ge=1)] = Field(
        default=10, description="Of a group, for rates among positives; among negatives as many of those."
    )
    limits: tuple[FairnessLimit, ...]


class Latency(Frozen):
    """Upper limit of the 99th percentile of the prediction latency, in milliseconds."""

    p99_milliseconds: Annotated[float, Field(gt=0)]


class Drift(Frozen):
    """Thresholds for drift of live data, and of feature attributions, from the model's baseline."""

    minimum_effect: Fraction = Field(description="Smallest distance between the distributions that matters (0 to 1).")
    significance: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        description="Chance of a false alarm over all features."
    )
    minimum_attribution_agreement: Fraction = Field(
        default=0.9, description="Smallest agreement (NDCG) of the features' weights with those of the evaluation."
    )
