"""Columns that the contract specifies: their types, ranges and categories."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

LONGEST_NAME = 64
# Characters that mean something in CSV, Markdown or HTML, where names are shown.
REFUSED_IN_NAMES = "\"'`,;\\|<>$*"
# Fields of an answer, and the name of the scores in statistics: monitors have them beside the features.
RESERVED_NAMES = ("prediction", "predictions", "model_version", "inference_id")


def name_fault(name: str) -> str | None:
    """Return why a text is no column name of a contract, or None."""
    if name in RESERVED_NAMES:
        return f"{name} is a name of the server's answers; rename the column"
    if name != name.strip() or name.startswith("_"):
        return "expected a name without blanks around it that does not begin with an underscore; rename the column"
    if not name.isprintable() or any(character in name for character in REFUSED_IN_NAMES):
        return f"expected a name without line breaks and without {' '.join(REFUSED_IN_NAMES)}; rename the column"
    return None


def _checked_name(name: str) -> str:
    fault = name_fault(name)
    if fault:
        raise ValueError(fault)
    return name


ColumnName = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(_checked_name)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class Frozen(BaseModel):
    """Immutable base model; unknown keys are refused, because they are usually spelling mistakes."""

    # Validators are built when they are used first: most commands read the settings or the contract, not both.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class FeatureBase(Frozen):
    """Settings that features of all types have."""

    name: ColumnName
    description: str = ""
    nullable: bool = Field(default=False, description="May a value be missing?")
    maximum_null_fraction: Fraction = Field(
        default=0.0, description="Largest share of missing values in one file; only for nullable features."
    )
    sensitive: bool = Field(
        default=False, description="Values never reach a log, a report, an issue or an error message."
    )
    calendar_bound: bool = Field(
        default=False, description="The value follows the calendar, so a drift test would always fire: none is made."
    )

    @model_validator(mode="after")
    def _null_fraction_needs_nullable(self) -> Self:
        if self.maximum_null_fraction > 0 and not self.nullable:
            raise ValueError("maximum_null_fraction is above 0 but nullable is false; set nullable: true or remove it")
        return self


class NumericFeature(FeatureBase):
    """Numeric feature (integer or number) with a closed range. A bound that is left out is not checked."""

    type: Literal["integer", "number"]
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _range_is_not_empty(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum:g} is above maximum {self.maximum:g}; swap them")
        return self


class CategoryFeature(FeatureBase):
    """Feature whose value is one of a fixed set of categories."""

    type: Literal["category"]
    categories: tuple[str, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _categories_are_unique(self) -> Self:
        repeated = sorted({name for name in self.categories if self.categories.count(name) > 1})
        if repeated:
            raise ValueError(f"categories repeats {', '.join(repeated)}; keep each once")
        if any(name != name.strip() or not name for name in self.categories):
            raise ValueError("a category is empty or has spaces around it, which no value can match; trim it")
        return self


class BooleanFeature(FeatureBase):
    """Feature whose value is true or false."""

    type: Literal["boolean"]


Feature = Annotated[NumericFeature | CategoryFeature | BooleanFeature, Field(discriminator="type")]


def allowed_values(feature: Feature) -> str:
    """Return the range or the categories of a feature as text, for messages and reports."""
    if isinstance(feature, CategoryFeature):
        return ", ".join(feature.categories)
    if isinstance(feature, BooleanFeature):
        return "true, false"
    if feature.minimum is not None and feature.maximum is not None:
        return f"{feature.minimum:g} to {feature.maximum:g}"
    if feature.minimum is not None:
        return f"{feature.minimum:g} or more"
    return "any number" if feature.maximum is None else f"{feature.maximum:g} or less"
