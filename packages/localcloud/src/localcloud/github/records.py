"""Pull requests, issues, comments, runs and deployments in localcloud's store."""

from datetime import UTC, datetime
from typing import Any

from localcloud.scope import Scope
from localcloud.store import Store

GITHUB = Scope("github", "github")
COUNTERS = "github-counter"
Record = dict[str, Any]


def now() -> str:
    """Return the current time in GitHub's format."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Records:
    """Numbered records by kind. Pull requests and issues share one sequence of numbers, as on GitHub."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, kind: str, record: Record, counter: str = "") -> Record:
        """Store a record under the next number of a counter, and return it with its number.

        Without a counter, the kind has a sequence of its own.
        """
        with self._store.alone():
            name = counter or kind
            last = self._store.get(GITHUB, COUNTERS, name) or {"number": 0}
            number = last["number"] + 1
            self._store.put(GITHUB, COUNTERS, name, {"number": number})
            kept = {**record, "number": number, "created_at": now()}
            self.put(kind, kept)
        return kept

    def put(self, kind: str, record: Record) -> None:
        """Replace a record."""
        self._store.put(GITHUB, f"github-{kind}", str(record["number"]), record)

    def get(self, kind: str, number: int) -> Record | None:
        """Return a record, or None."""
        return self._store.get(GITHUB, f"github-{kind}", str(number))

    def all(self, kind: str) -> list[Record]:
        """Return all records of a kind, newest first."""
        return self._store.of_kind(GITHUB, f"github-{kind}")[::-1]

    def change(self, kind: str, number: int, **values: Any) -> Record:
        """Change some values of a record and return it."""
        return self._store.update(GITHUB, f"github-{kind}", str(number), lambda record: record.update(values))

    def setting(self, name: str) -> Any:
        """Return a setting, such as the protection of a branch, or None if it was never set."""
        return (self._store.get(GITHUB, "github-setting", name) or {}).get("value")

    def set_setting(self, name: str, value: Any) -> None:
        """Store a setting."""
        self._store.put(GITHUB, "github-setting", name, {"value": value})

    def settings(self, prefix: str) -> dict[str, Any]:
        """Return the settings whose names have a prefix, by the rest of the name."""
        found = {}
        for _, name, record in self._store.everywhere("github-setting"):
            if name.startswith(prefix):
                found[name.removeprefix(prefix)] = record["value"]
        return found
