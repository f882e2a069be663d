"""Draw which package imports which, from the code, into docs/architecture.md: `make diagrams`."""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

TEMPLATE = Path(__file__).parents[2]
PAGE = TEMPLATE / "docs" / "architecture.md"
LIBRARY = TEMPLATE / "packages" / "sagemaker-mlops" / "src" / "sagemaker_mlops"
# Folders of a project that import the library, by the name of their package.
PROJECT = {
    "model": TEMPLATE / "model",
    "pipelines": TEMPLATE / "pipelines",
    "infra": TEMPLATE / "infra",
    "examples": TEMPLATE / "{{cookiecutter.project_slug}}" / "examples",
}
# From top to bottom, as the layers of the library's pyproject.toml.
LAYERS = (
    ("infra", "pipelines", "examples"),
    ("command_line", "template_checks"),
    ("delivery",),
    ("training", "serving", "monitoring"),
    ("runtime", "environments", "definitions"),
    ("contract", "events"),
    ("model",),
)
# Where files are; everything imports it.
LEFT_OUT = ("project",)
BLOCK = re.compile(r"(?<=<!-- imports: begin -->\n).*?(?=<!-- imports: end -->)", re.DOTALL)

Imports = Mapping[str, frozenset[str]]


def package_imports() -> Imports:
    """Return the packages that each package imports, without itself."""
    folders = {path.name: path for path in LIBRARY.iterdir() if path.is_dir() and path.name != "__pycache__"} | PROJECT
    return {name: frozenset(_imported(folder)) - {name, *LEFT_OUT} for name, folder in sorted(folders.items())}


def _imported(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for module in _modules(node):
                root, _, rest = module.partition(".")
                if root == LIBRARY.name and rest:
                    yield rest.partition(".")[0]
                elif root in PROJECT:
                    yield root


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        is_root = node.module == LIBRARY.name
        return [f"{node.module}.{alias.name}" for alias in node.names] if is_root else [node.module]
    return []


def layer_of(name: str) -> int:
    """Return the layer of a package, from 0 at the top."""
    return next(number for number, names in enumerate(LAYERS) if name in names)


def upward(imports: Imports) -> list[str]:
    """Return the imports of a package that is in the same layer or above, which no package may have."""
    return [
        f"{name} -> {other}"
        for name, others in imports.items()
        for other in sorted(others)
        if layer_of(other) <= layer_of(name)
    ]


def diagram(imports: Imports) -> str:
    """Return the imports as a Mermaid flowchart, one subgraph for each layer."""
    lines = ["```mermaid", "flowchart TD"]
    for number, names in enumerate(LAYERS):
        lines += [f'  subgraph layer{number}[" "]', *(f"    {name}" for name in names), "  end"]
    for name in (name for names in LAYERS for name in names):
        lines += [f"  {name} --> {other}" for other in sorted(imports[name], key=lambda one: (layer_of(one), one))]
    return "\n".join([*lines, "```", ""])


def page_with(text: str) -> str:
    """Return the page with the diagram in the place of the present one."""
    return BLOCK.sub(lambda _: text, PAGE.read_text(encoding="utf-8"))


def main() -> int:
    """Write the diagram and return the exit code."""
    PAGE.write_text(page_with(diagram(package_imports())), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(TEMPLATE)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
