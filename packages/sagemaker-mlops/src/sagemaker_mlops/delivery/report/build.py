"""Report of a training: one self-contained HTML file that can be read without a network."""

from pathlib import Path

from sagemaker_mlops.contract.contract import Contract, load_contract
from sagemaker_mlops.contract.documents import described_outcomes
from sagemaker_mlops.contract.values import shown, shown_difference
from sagemaker_mlops.delivery.report import sections
from sagemaker_mlops.delivery.report.documents import Documents, collect
from sagemaker_mlops.delivery.report.pages import render_page, report_path
from sagemaker_mlops.delivery.target import Target


def build_report(target: Target, execution_arn: str) -> Path:
    """Write the report of an execution and return its path."""
    documents = collect(target, execution_arn)
    path = report_path(f"training-{documents.execution.id}.html")
    path.write_text(render(documents), encoding="utf-8")
    return path


def _contract_of(documents: Documents) -> Contract:
    """Return the contract that the version was trained with, or today's if it was not kept or ended before that."""
    return Contract.model_validate(documents.contract) if documents.contract else load_contract()


def render(documents: Documents) -> str:
    """Return the report as HTML."""
    contract = _contract_of(documents)
    evaluation = documents.evaluation
    return render_page(
        "training.html.j2",
        contract=contract,
        documents=documents,
        evaluation=evaluation,
        outcomes=described_outcomes(evaluation) if evaluation else "",
        shown=shown,
        difference=shown_difference,
        outcome=sections.outcome(documents),
        columns=sections.step_columns(documents),
        profile=sections.profile_rows(documents, contract),
        metrics=sections.metric_rows(evaluation) if evaluation else [],
        charts=sections.evaluation_charts(evaluation) if evaluation else [],
        fairness=sections.fairness_sections(evaluation, contract) if evaluation else [],
    )
