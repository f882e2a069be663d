"""Validation of the parameters that are given for a template.

Sources of the messages: https://github.com/deep-security/cloudformation/issues/29 (not in the template),
https://github.com/sat-utils/sat-api/issues/25 (no value),
https://github.com/ansible/ansible/issues/24866 (no parameters).
"""

from collections.abc import Iterable
from typing import Any

from localcloud.cloudformation.template_references import TemplateRefused


def check_parameters(template: dict[str, Any], given: Iterable[str]) -> None:
    """Raise TemplateRefused for a parameter that is not declared, or a declared one without a value."""
    declared = template.get("Parameters") or {}
    names = list(given)
    if names and not declared:
        raise TemplateRefused("Parameter values specified for a template which does not require them.")
    unknown = [name for name in names if name not in declared]
    if unknown:
        raise TemplateRefused(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    empty = [name for name, definition in declared.items() if "Default" not in definition and name not in names]
    if empty:
        raise TemplateRefused(f"Parameters: [{', '.join(empty)}] must have values")
