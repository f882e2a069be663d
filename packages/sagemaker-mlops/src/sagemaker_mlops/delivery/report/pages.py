"""Pages that reports share: one HTML file with everything in it, readable without a network."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

REPORTS = Path("reports")
TEMPLATES = Path(__file__).parent


def report_path(name: str) -> Path:
    """Where a report goes; makes the folder."""
    REPORTS.mkdir(exist_ok=True)
    return REPORTS / name


def render_page(template: str, **content: Any) -> str:
    """The page as HTML."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    return environment.get_template(template).render(**content)
