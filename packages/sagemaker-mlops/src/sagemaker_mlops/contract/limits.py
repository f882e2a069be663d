"""What the model promises: metric floors, champion rule, fairness, latency, drift, retraining, rollout."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sagemaker_mlops.contract.features import ColumnName, Fraction, Frozen

MetricName = Literal["roc_auc", "average_precision", "recall", "precision", "accuracy", "brier_score", "log_loss"]
LOWER_IS_BETTER: frozenset[str] = frozenset({"brier_score", "log_loss"})
Confidence = Annotated[float, Field(gt=0.5, lt=1)]


class MetricLimit(Frozen):
    """One metric and the worst value that is still good enough."""

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
    """Floors for registering a model and, lower, for a model that serves: later data are harder."""

    decision_threshold: Fraction = Field(default=0.5, description="Scores at or above it count as positive.")
    confidence: Confidence = Field(default=0.95, description="Coverage of the printed intervals.")
    live_confidence: Confidence = Field(
        default=0.8,
        description="How sure a monitor is in one window that a live floor is broken; the alarm wants several windows.",
    )
    registration: tuple[MetricLimit, ...] = Field(min_length=1)
    live: tuple[MetricLimit, ...] = Field(min_length=1)


class ChampionRule(Frozen):
    """How a challenger is compared with the model that serves, on hold-out rows that neither saw."""

    metric: MetricName
    rule: Literal["not_worse", "better"] = Field(
        description="not_worse: the champion is not significantly better; better: the challenger is."
    )
    maximum_loss: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.02, description="Refuse a larger loss even if it is not significant."
    )


class FairnessLimit(Frozen):
    """Largest allowed difference of one rate between two groups of one feature."""

    rate: Literal["true_positive_rate", "false_positive_rate", "selection_rate", "accuracy"]
    maximum_difference: Fraction


class Fairness(Frozen):
    """Groups between which the model may not differ too much; too small groups are shown, not judged."""

    groups: tuple[ColumnName, ...]
    minimum_rows: Annotated[int, Field(ge=1)] = 50
    minimum_positives: Annotated[int, Field(ge=1)] = Field(
        default=10, description="Of a group, for rates among positives; among negatives as many of those."
    )
    limits: tuple[FairnessLimit, ...]


class Latency(Frozen):
    """How long one prediction may take, in milliseconds."""

    p99_milliseconds: Annotated[float, Field(gt=0)]


class Drift(Frozen):
    """When live data count as drifted from what the model was trained on."""

    minimum_effect: Fraction = Field(description="Smallest distance between the distributions that matters (0 to 1).")
    significance: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        description="Chance of a false alarm over all features."
    )
    minimum_attribution_agreement: Fraction = Field(
        default=0.9, description="Smallest agreement (NDCG) of the features' weights with those of the evaluation."
    )
    windows_to_alarm: Annotated[int, Field(ge=1)] = 2
    windows_observed: Annotated[int, Field(ge=1)] = 3

    @model_validator(mode="after")
    def _alarm_can_fire(self) -> Self:
        if self.windows_to_alarm > self.windows_observed:
            raise ValueError(
                f"windows_to_alarm {self.windows_to_alarm} is above windows_observed {self.windows_observed}, "
                "so the alarm could never fire; lower it"
            )
        return self


class Retraining(Frozen):
    """When a new training may start by itself."""

    schedule: str = Field(pattern=r"^(cron|rate)\(.+\)$", description="An EventBridge schedule expression.")
    cooldown_hours: Annotated[int, Field(ge=0)]
    minimum_new_rows: Annotated[int, Field(ge=0)]
    window_months: Annotated[int, Field(ge=1, le=120)] | None = Field(
        default=None, description="Train on the newest months only; default: on all there are."
    )


class Shadow(Frozen):
    """What a version must show on a copy of the traffic before any of it moves."""

    requests: Annotated[int, Field(ge=20, le=1_000_000)] = Field(
        default=500, description="Copied requests to compare on."
    )
    minimum_agreement: Fraction = Field(
        default=0.8, description="Share of requests on which both versions decide alike."
    )
    maximum_shift: Fraction = Field(
        default=0.1, description="How far the scores may move from one version to the other, on average (0 to 1)."
    )


class Rollout(Frozen):
    """How traffic moves to a new version, and how long it is watched."""

    strategy: Literal["canary", "linear", "all_at_once"]
    step_percent: Annotated[int, Field(ge=5, le=50)] = 10
    bake_minutes: Annotated[int, Field(ge=1, le=60)] = 10
    shadow_first: bool = Field(default=False, description="Compare with a copy of the traffic before any of it moves.")
    shadow: Shadow = Shadow()
