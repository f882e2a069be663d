"""Commands about the template that the project was generated from."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from sagemaker_mlops.command_line.output import say
from sagemaker_mlops.command_line.register import command
from sagemaker_mlops.delivery.errors import TemplateConflict
from sagemaker_mlops.delivery.gitops.outputs import summarize, write_outputs
from sagemaker_mlops.delivery.template.update import update_template
from sagemaker_mlops.project import ROOT

application = typer.Typer(no_args_is_help=True, help="Update the project from its template.")


@command(application, "update")
def update(
    to: Annotated[
        str, typer.Option(help="tag, branch or commit of the template; default: its newest", show_default=False)
    ] = "",
) -> Mapping[str, Any]:
    """Apply the changes of a newer template version to the work tree, without committing them.

    Exit code 8: some changes could not be applied. They are printed, and the files have conflict markers.
    """
    try:
        found = update_template(ROOT, to)
    except TemplateConflict as error:
        summarize(f"**The template update has conflicts**, so there is no pull request.\n\n```\n{error}\n```")
        raise
    document = {
        "needed": found.is_needed,
        "template": found.template,
        "before": found.before,
        "after": found.after,
        "changed": len(found.changed_files),
        "title": found.title,
    }
    write_outputs("template-update", document)
    if not found.is_needed:
        say(f"the project has the newest template already: {found.after}")
        return document
    say(f"updated from {found.before} to {found.after}: {len(found.changed_files)} files; next: make setup check")
    return {**document, "files": list(found.changed_files)}
