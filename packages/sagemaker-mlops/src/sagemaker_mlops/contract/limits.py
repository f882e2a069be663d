"""Limits in the contract: metric floors, champion rule, fairness, latency and drift."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sagemaker_mlops.contract.features import ColumnName, Fraction, Frozen

MetricName = Literal["roc_auc", "average_precision", "recall", "precision", "accuracy", "brier_score", "log_loss"]
LOWER_IS_BETTER: frozenset[str] = frozenset({"brier_score", "log_loss"})
Confidence = Annotated[float, Field(gt=0.5, lt=1)]

FairnessRate = Literal["true_positive_rate", "false_positive_rate", "selection_rate", "accuracy"]


class MetricLimit(Frozen):
    """Worst acceptable value of a metric: a maximum for brier_score and log_loss, a minimum for others."""

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
        if bound is not None and (bound < 0 or (bound > 1 and self.metric != "log_loss")):
            raise ValueError(f"{self.metric} is between 0 and 1, so {bound:g} decides nothing; correct it")
        return self


class Gates(Frozen):
    """Metric floors: `registration` for a new model, `live` for the deployed model.

    A live floor must not be stricter than the registration floor of the same metric. Set it lower, because later
    data are harder to predict.
    """

    decision_threshold: Fraction = Field(default=0.5, description="Scores at or above it count as positive.")
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
    maximum_loss: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.02, description="Refuse a larger loss even if it is not significant."
    )


class FairnessLimit(Frozen):
    """Largest allowed difference of one rate between two groups of the same feature."""

    rate: FairnessRate
    maximum_difference: Fraction


class Fairness(Frozen):
    """Features whose groups are compared, and the largest allowed differences of rates between the groups.

    Groups that are too small are reported but not judged.
    """

    groups: tuple[ColumnName, ...]
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
