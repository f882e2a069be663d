"""Page of a draft: what to look at first, and every column."""

from pathlib import Path

from sagemaker_mlops.contract.features import allowed_values
from sagemaker_mlops.delivery.drafting.draft import Draft
from sagemaker_mlops.delivery.report.pages import render_page, report_path

NAME = "contract-draft.html"


def write_page(draft: Draft, taken: list[str]) -> Path:
    """Write the page of a draft and return its path.

    Args:
        draft: the draft.
        taken: suggestions that were taken without a question.
    """
    rows = [
        {
            "name": feature.name,
            "type": feature.type,
            "allowed": "not shown: sensitive" if feature.sensitive else allowed_values(feature),
            "seen": "" if feature.sensitive else draft.seen[feature.name],
        }
        for feature in draft.contract.features
    ]
    path = report_path(NAME)
    page = render_page(
        "draft.html.j2",
        contract=draft.contract,
        count=draft.rows,
        files=[file.name for file in draft.files],
        left_out=draft.left_out,
        suspicious=draft.suspicious,
        notes=draft.notes,
        columns=rows,
        measured=draft.measured,
        taken=taken,
    )
    path.write_text(page, encoding="utf-8")
    return path
