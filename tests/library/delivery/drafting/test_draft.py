"""Drafts of whole contracts, from files to text."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sagemaker_mlops.command_line import output
from sagemaker_mlops.command_line.main import application
from sagemaker_mlops.contract.contract import Contract, load_contract
from sagemaker_mlops.delivery.check_data import check_files
from sagemaker_mlops.delivery.drafting.contract_text import contract_text
from sagemaker_mlops.delivery.drafting.draft import Choices, Draft, Drafter, Identity
from sagemaker_mlops.delivery.drafting.questions import Asker, Person, Suggestions
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.project import ROOT
from sagemaker_mlops.runtime.metrics import Scores
from sagemaker_mlops.runtime.problem import Outcomes
from typer.testing import CliRunner

ROWS = 1200
NO_CHOICES = Choices()
IDENTITY = Identity("Income: high or low?", "team@example.com")


class Constant:
    """A model that knows nothing; quick to train."""

    def __init__(self, categories: int) -> None:
        self._categories = categories

    def predict(self, table: pl.DataFrame) -> Scores:
        if self._categories:
            return np.full((table.height, self._categories), 1 / self._categories)
        return np.full(table.height, 0.3)

    def save(self, directory: Path) -> None:
        raise NotImplementedError  # a draft saves and loads nothing


class ConstantPackage:
    def hyperparameters(self) -> dict[str, object]:
        return {}

    def train(
        self, table: pl.DataFrame, labels: Outcomes, categories: Mapping[str, Sequence[str]], outcomes: Sequence[str]
    ) -> Constant:
        return Constant(len(outcomes))

    def load(self, directory: Path) -> Constant:
        raise NotImplementedError  # a draft saves and loads nothing


def people() -> pl.DataFrame:
    """Rows with everything that a draft has to find."""
    generator = np.random.default_rng(1)
    high = generator.random(ROWS) < 0.3
    return pl.DataFrame(
        {
            "person": [f"p{number}" for number in range(ROWS)],
            "seen_at": [f"2025-0{1 + number % 3}-01T00:00:00Z" for number in range(ROWS)],
            "age": generator.integers(17, 90, ROWS),
            "sex": generator.choice(["female", "male"], ROWS),
            "hours-per-week": generator.integers(1, 99, ROWS),
            "work": generator.choice(["private", "state", ""], ROWS).tolist(),
            "tax_paid": np.where(high, 1000.0, 10.0) + generator.random(ROWS),
            "high": high,
        }
    )


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    table = people()
    paths = [tmp_path / "a.csv", tmp_path / "b.parquet"]
    table.head(800).write_csv(paths[0])
    table.tail(400).write_parquet(paths[1])
    return paths


def drafted(files: Sequence[Path], choices: Choices = NO_CHOICES, asker: Asker | None = None) -> Draft:
    drafter = Drafter(files, IDENTITY, asker or Suggestions(), ConstantPackage(), lambda _line: None)
    return drafter.draft(choices)


def saved(draft: Draft, directory: Path) -> Contract:
    path = directory / "contract.yaml"
    path.write_text(draft.text, encoding="utf-8")
    return load_contract(path)


def test_roles_features_and_groups_are_found(files: list[Path], tmp_path: Path) -> None:
    draft = drafted(files)
    contract = saved(draft, tmp_path)
    assert contract == draft.contract
    assert (contract.name, contract.owner) == (IDENTITY.name, IDENTITY.owner)
    assert (contract.dataset.record_id, contract.dataset.event_time, contract.label.name) == (
        "person",
        "seen_at",
        "high",
    )
    assert contract.feature_names == ("age", "sex", "hours-per-week", "work")
    assert contract.fairness.groups == ("sex",)
    assert contract.feature("work").nullable
    assert set(draft.left_out) == {"tax_paid"}
    assert "it alone predicts the label" in draft.left_out["tax_paid"]


def test_the_data_keep_the_drafted_contract(files: list[Path]) -> None:
    assert [(one.rows, one.faults) for one in check_files(files, drafted(files).contract)] == [
        (800, ()),
        (400, ()),
        (1200, ()),
    ]


def test_everything_that_is_wrong_is_said_at_once(files: list[Path], tmp_path: Path) -> None:
    contract = drafted(files).contract
    broken = tmp_path / "c.csv"
    people().head(10).with_columns(pl.lit("-1").alias("age"), pl.lit("other").alias("sex")).write_csv(broken)
    (tmp_path / "d.csv").write_text("a;b\n1;2\n")
    found = {one.name: one for one in check_files([*files, broken, tmp_path / "d.csv"], contract)}
    assert not found["a.csv"].faults
    assert [fault.partition(",")[0] for fault in found["c.csv"].faults] == [
        "age: out_of_range",
        "sex: unknown_category",
    ]
    assert found["c.csv"].faults[0].endswith("100.0% of the rows")
    assert found["d.csv"].faults
    assert "all files together" not in found


def test_questions_come_one_at_a_time_and_insist_on_an_answer(files: list[Path]) -> None:
    asked: list[tuple[str, str]] = []
    told: list[str] = []
    answers = iter(["salary", "high", "", "", "30 days", "30", "keep"])

    def prompt(question: str, suggestion: str) -> str:
        asked.append((question, suggestion))
        return next(answers) or suggestion

    draft = drafted(files, asker=Person(prompt, told.append))
    assert "tax_paid" in draft.contract.feature_names
    assert draft.contract.label.arrives_after_days == 30
    assert [suggestion for _, suggestion in asked] == ["high", "high", "person", "seen_at", "0", "0", "leave out"]
    assert told == [
        "expected one of high, sex, tax_paid, hours-per-week, age; found salary",
        "expected a whole number, 0 or more; found 30 days",
    ]


def test_suggestions_that_were_taken_are_listed(files: list[Path]) -> None:
    suggestions = Suggestions()
    drafted(files, Choices(label="high"), suggestions)
    assert suggestions.taken[:2] == [
        "Which column identifies a row: person",
        "Which column says when it happened: seen_at",
    ]
    assert suggestions.taken[-1].endswith("leave out")


@pytest.mark.parametrize(
    ("change", "choices", "message"),
    [
        (pl.all(), Choices(label="income"), "expected one of the columns person, .*; found income"),
        (pl.all(), Choices(label="person"), "person: expected two outcomes, at most 100 categories, or numbers"),
        (
            pl.all(),
            Choices(label="sex", problem="regression"),
            "sex: expected a number in every row, found 1,200 other",
        ),
        (pl.all(), Choices(label="age", problem="binary"), "age: expected two outcomes, found 73 values"),
        (pl.all(), Choices(label="sex", problem="multiclass"), "sex: expected 3 to 100 categories, found 2"),
        (pl.all(), Choices(label="sex", positive="other"), "--positive: expected .*, found other"),
        (
            pl.when(pl.col("age") > 20).then("high").alias("high"),
            Choices(label="high"),
            "mlops data prepare FILES --drop-missing high",
        ),
        (pl.all(), Choices(record_id="sex"), "sex: expected a text or a whole number in every row"),
        (pl.all(), Choices(event_time="age"), "age: expected an ISO 8601 time"),
        (
            pl.all(),
            Choices(groups=("age",)),
            "expected a category or a boolean for --group, found age. There are: sex, work",
        ),
        (pl.all(), Choices(groups=("place",)), "found place"),
        (pl.all(), Choices(record_id="person", event_time="person"), "expected an ISO 8601 time"),
    ],
)
def test_what_no_contract_can_be_drafted_from(change: pl.Expr, choices: Choices, message: str, tmp_path: Path) -> None:
    people().with_columns(change).write_csv(tmp_path / "a.csv")
    with pytest.raises(DeliveryError, match=message):
        drafted([tmp_path / "a.csv"], choices)


def test_files_without_a_feature_are_refused(tmp_path: Path) -> None:
    people().select("person", "seen_at", "high", pl.lit("x").alias("nothing")).write_csv(tmp_path / "a.csv")
    with pytest.raises(DeliveryError, match="nothing: it has the same value in every row"):
        drafted([tmp_path / "a.csv"])


def test_few_rows_get_floors_that_every_model_passes(tmp_path: Path) -> None:
    people().head(90).write_csv(tmp_path / "a.csv")
    draft = drafted([tmp_path / "a.csv"])
    assert draft.model is None
    assert [limit.minimum for limit in draft.contract.gates.registration] == [0.5]
    assert "too few rows" in draft.measured[0]


def test_the_command_writes_contract_example_and_page(files: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text("name: Income\nowner: team@example.com\n")
    words = ["contract", "draft", *map(str, files), "--output", str(path)]
    # The label, the ids, the time, the days, and whether to keep what knows too much.
    result = CliRunner().invoke(application, words, input="\n\n\n14\n\n")
    assert result.exit_code == 0, result.output
    contract = load_contract(path)
    assert (contract.name, contract.label.arrives_after_days) == ("Income", 14)
    record = json.loads((tmp_path / "example_request.json").read_text())["records"][0]
    assert set(record) == set(contract.feature_names)
    page = (ROOT / "reports" / "contract-draft.html").read_text()
    assert "tax_paid" in page
    kept = result.output.split("is kept in ")[1].split()[0]
    assert kept.startswith("build/contract-before-draft")
    assert (ROOT / kept).read_text() == "name: Income\nowner: team@example.com\n"
    # Another draft keeps the second contract beside the first.
    drafted_first = path.read_text()
    again = CliRunner().invoke(application, [*words, "--label", "high", "--yes"])
    kept_again = again.output.split("is kept in ")[1].split()[0]
    assert ((ROOT / kept).read_text(), (ROOT / kept_again).read_text()) == (
        "name: Income\nowner: team@example.com\n",
        drafted_first,
    )


def test_questions_need_somebody_who_answers(files: list[Path], tmp_path: Path) -> None:
    words = ["contract", "draft", str(files[0]), "--json", "--output", str(tmp_path / "contract.yaml")]
    result = CliRunner().invoke(application, words)
    assert isinstance(result.exception, DeliveryError)
    assert "expected --yes with --json" in str(result.exception)
    output.JsonMode.is_on = output.console.stderr = False


def test_any_text_survives_the_file() -> None:
    content = {
        "version": 1,
        "name": "a: b # c",
        "owner": "x",
        "features": [{"name": "n", "categories": ["yes", "1", "é, ü", "null"]}],
    }
    import yaml

    assert yaml.safe_load(contract_text(content)) == content


@pytest.mark.parametrize(
    ("label", "problem", "metric"),
    [
        (pl.Series("kind", ["a", "b", "c"] * (ROWS // 3)), "multiclass", "macro_roc_auc"),
        (pl.Series("kind", ["1", "2", "3"] * (ROWS // 3)), "multiclass", "macro_roc_auc"),
        (pl.Series("price", np.arange(ROWS) * 1.5), "regression", "mean_absolute_error"),
        (pl.Series("income", [">50K", "<=50K", "<=50K"] * (ROWS // 3)), "binary", "roc_auc"),
    ],
    ids=["texts", "codes", "numbers", "two texts"],
)
def test_the_values_of_the_label_suggest_its_problem(
    label: pl.Series, problem: str, metric: str, tmp_path: Path
) -> None:
    people().drop("high").with_columns(label).write_csv(tmp_path / "a.csv")
    suggestions = Suggestions()
    draft = drafted([tmp_path / "a.csv"], Choices(label=label.name, groups=("sex",)), suggestions)
    contract = saved(draft, tmp_path)
    assert contract.label.problem == problem
    assert (contract.champion.metric, contract.gates.registration[0].metric) == (metric, metric)
    assert contract.fairness.limits
    assert draft.model is not None
    assert not check_files([tmp_path / "a.csv"], contract)[0].faults
    if label.name == "income":
        assert "Which outcome is the one to predict: >50K" in suggestions.taken


def test_a_column_that_alone_predicts_numbers_or_categories_is_found(tmp_path: Path) -> None:
    price = pl.Series("price", np.arange(ROWS) * 1.5)
    for label, knows in ((price, price * 2), (pl.Series("kind", ["a", "b", "c"] * (ROWS // 3)), None)):
        leak = knows if knows is not None else pl.Series([f"code {value}" for value in label])
        table = people().drop("high", "tax_paid").with_columns(leak.alias("leak"), label)
        table.write_csv(tmp_path / "a.csv")
        draft = drafted([tmp_path / "a.csv"], Choices(label=label.name))
        assert set(draft.left_out) == {"leak"}


def test_files_without_id_and_time_get_both(tmp_path: Path) -> None:
    people().drop("person", "seen_at").write_csv(tmp_path / "a.csv")
    suggestions = Suggestions()
    drafter = Drafter([tmp_path / "a.csv"], IDENTITY, suggestions, ConstantPackage(), lambda _: None, tmp_path / "out")
    draft = drafter.draft(Choices(label="high"))
    assert (draft.contract.dataset.record_id, draft.contract.dataset.event_time) == ("record_id", "event_time")
    assert suggestions.taken[0] == "There is no record_id and no event_time: add it: add"
    assert {path.parent for path in draft.files} == {tmp_path / "out"}
    assert not any(one.faults for one in check_files(draft.files, draft.contract))


def test_an_id_that_is_there_is_kept_when_a_time_is_added(tmp_path: Path) -> None:
    people().drop("seen_at").write_csv(tmp_path / "a.csv")
    drafter = Drafter(
        [tmp_path / "a.csv"], IDENTITY, Suggestions(), ConstantPackage(), lambda _: None, tmp_path / "out"
    )
    draft = drafter.draft(Choices(label="high"))
    assert (draft.contract.dataset.record_id, draft.contract.dataset.event_time) == ("person", "event_time")


@pytest.mark.parametrize(("column", "option"), [("person", "--record-id"), ("seen_at", "--event-time")])
def test_who_adds_nothing_is_told_the_option(column: str, option: str, tmp_path: Path) -> None:
    people().drop(column).write_csv(tmp_path / "a.csv")
    answers = Person(lambda question, first: "stop" if "add it" in question else first, lambda _: None)
    with pytest.raises(DeliveryError, match=f"{option}, or add one: mlops data prepare FILES"):
        drafted([tmp_path / "a.csv"], asker=answers)


def test_groups_that_the_model_does_not_see_are_columns_of_fairness(files: list[Path], tmp_path: Path) -> None:
    draft = drafted(files, Choices(label="high", unseen=("sex",)))
    contract = saved(draft, tmp_path)
    assert "sex" not in contract.feature_names
    assert [column.name for column in contract.fairness.columns] == ["sex"]
    assert contract.fairness.groups == ("sex",)
    assert not any(one.faults for one in check_files(files, contract))
    with pytest.raises(DeliveryError, match="expected a category or a boolean for --unseen-group, found age"):
        drafted(files, Choices(label="high", unseen=("age",)))
