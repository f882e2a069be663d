"""What a team owns stays small: its files, and the lines that people write."""

from tests.conftest import Bake

MOST_FILES, MOST_LINES = 150, 8000
# Locks, compiled and generated files, data, the licence, and the guides.
NOT_WRITTEN = (
    ".txt",
    ".csv",
    ".md",
    "package-lock.json",
    ".schema.json",
    "permissions.json",
    "logical_ids.json",
    "LICENSE",
)


def test_a_team_owns_few_files_and_lines(bake: Bake) -> None:
    project = bake(license="Apache-2.0")
    owned = [name for name in project.files() if not name.startswith("packages/")]
    assert len(owned) < MOST_FILES
    written = [
        name
        for name in owned
        if not name.endswith(NOT_WRITTEN) and "definitions/" not in name and "compiled_sources" not in name
    ]
    assert sum(project.read(name).count("\n") for name in written) < MOST_LINES
