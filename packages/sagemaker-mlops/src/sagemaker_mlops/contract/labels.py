"""Label of the contract: the outcome that the model predicts, for each type of problem."""

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from sagemaker_mlops.contract.features import ColumnName, Frozen
from sagemaker_mlops.contract.values import BOOLEAN_TEXTS

ProblemType = Literal["binary", "multiclass", "regression"]
FLOAT_TEXTS = {"1.0": True, "0.0": False}  # as programs write booleans that they read as numbers
# Uploaded labels are lists in which commas separate the records of a request.
REFUSED_IN_OUTCOMES = ',"'


class LabelBase(Frozen):
    """Settings that labels of all problems have. The outcome becomes known `arrives_after_days` after a prediction."""

    name: ColumnName
    description: str = ""
    arrives_after_days: Annotated[int, Field(ge=0, le=365)] = 0


class BinaryLabel(LabelBase):
    """Label with two outcomes: true or false, 1 or 0, or the texts `positive` and `negative`."""

    problem: Literal["binary"] = "binary"
    positive: str | None = Field(default=None, description="Text of the outcome that is predicted.", min_length=1)
    negative: str | None = Field(default=None, description="Text of the other outcome.", min_length=1)

    @model_validator(mode="after")
    def _both_outcomes_or_none(self) -> Self:
        if (self.positive is None) != (self.negative is None):
            raise ValueError("expected both positive and negative, found one of them; name the other outcome, too")
        if self.positive is not None and self.negative is not None:
            _refuse_outcomes((self.positive, self.negative))
            if self.positive.lower() == self.negative.lower():
                raise ValueError(f"positive and negative are both {self.positive}; name two outcomes")
        return self

    @property
    def texts(self) -> dict[str, bool]:
        """Outcome of each text, in lower case."""
        named = {self.positive: True, self.negative: False}
        return (
            BOOLEAN_TEXTS | FLOAT_TEXTS | {text.lower(): outcome for text, outcome in named.items() if text is not None}
        )


class MulticlassLabel(LabelBase):
    """Label that is one of three or more categories."""

    problem: Literal["multiclass"]
    categories: tuple[str, ...]

    @model_validator(mode="after")
    def _categories_are_three_and_unique(self) -> Self:
        if len(self.categories) < 3:
            raise ValueError(
                f"expected three or more categories, found {len(self.categories)}; for two outcomes write "
                "problem: binary, positive and negative"
            )
        repeated = sorted({name for name in self.categories if self.categories.count(name) > 1})
        if repeated:
            raise ValueError(f"categories repeats {', '.join(repeated)}; keep each once")
        _refuse_outcomes(self.categories)
        return self


class RegressionLabel(LabelBase):
    """Label that is a number, with a closed range. A bound that is left out is not checked."""

    problem: Literal["regression"]
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _range_is_not_empty(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError(f"minimum {self.minimum:g} is not below maximum {self.maximum:g}; correct them")
        return self


def _refuse_outcomes(names: tuple[str, ...]) -> None:
    for name in names:
        if not name or name != name.strip() or not name.isprintable() or set(name) & set(REFUSED_IN_OUTCOMES):
            raise ValueError(
                f"expected outcomes without blanks around them, commas, quotes or line breaks, found {name!r}; "
                "write another text into the data"
            )


def _problem_of(label: Any) -> str:
    return str(label.get("problem", "binary") if isinstance(label, dict) else getattr(label, "problem", "binary"))


Label = Annotated[
    Annotated[BinaryLabel, Tag("binary")]
    | Annotated[MulticlassLabel, Tag("multiclass")]
    | Annotated[RegressionLabel, Tag("regression")],
    Discriminator(_problem_of),
]


def expected_outcomes(label: Label) -> str:
    """Return what a label may be, as text for messages and reports."""
    if isinstance(label, BinaryLabel):
        return "true or false" if label.positive is None else f"{label.positive} or {label.negative}"
    if isinstance(label, MulticlassLabel):
        return f"one of {', '.join(label.categories)}"
    bounds = (("at least", label.minimum), ("at most", label.maximum))
    shown = " and ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None)
    return f"a number, {shown}" if shown else "a number"
