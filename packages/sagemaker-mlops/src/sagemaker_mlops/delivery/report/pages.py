"""Rendering of reports as self-contained HTML files that can be read without a network."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

REPORTS = Path("reports")
TEMPLATES = Path(__file__).parent


def report_path(name: str) -> Path:
    """Return the path of a report, and create its folder."""
    REPORTS.mkdir(exist_ok=True)
    return REPORTS / name


def render_page(template: str, **content: Any) -> str:
    """Return a rendered template as HTML."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    return environment.get_template(template).render(**content)
