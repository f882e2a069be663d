"""Pull requests, issues, comments, runs and deployments, in localcloud's store."""

from datetime import UTC, datetime
from typing import Any

from localcloud.scope import Scope
from localcloud.store import Store

GITHUB = Scope("github", "github")
COUNTERS = "github-counter"
Record = dict[str, Any]


def now() -> str:
    """The time as GitHub writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Records:
    """Numbered records of several kinds. Pull requests and issues count together, as on GitHub."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, kind: str, record: Record, counter: str = "") -> Record:
        """Keep a record under the next number of its counter; returns it with its number."""
        with self._store.alone():
            name = counter or kind
            last = self._store.get(GITHUB, COUNTERS, name) or {"number": 0}
            number = last["number"] + 1
            self._store.put(GITHUB, COUNTERS, name, {"number": number})
            kept = {**record, "number": number, "created_at": now()}
            self.put(kind, kept)
        return kept

    def put(self, kind: str, record: Record) -> None:
        """Write a record again."""
        self._store.put(GITHUB, f"github-{kind}", str(record["number"]), record)

    def get(self, kind: str, number: int) -> Record | None:
        """A record, or None."""
        return self._store.get(GITHUB, f"github-{kind}", str(number))

    def all(self, kind: str) -> list[Record]:
        """Every record of a kind, newest first."""
        return self._store.of_kind(GITHUB, f"github-{kind}")[::-1]

    def change(self, kind: str, number: int, **values: Any) -> Record:
        """Change some values of a record."""
        return self._store.update(GITHUB, f"github-{kind}", str(number), lambda record: record.update(values))

    def setting(self, name: str) -> Any:
        """A named setting, such as the protection of a branch; None if it was never made."""
        return (self._store.get(GITHUB, "github-setting", name) or {}).get("value")

    def set_setting(self, name: str, value: Any) -> None:
        """Keep a named setting."""
        self._store.put(GITHUB, "github-setting", name, {"value": value})

    def settings(self, prefix: str) -> dict[str, Any]:
        """Settings whose names begin so."""
        found = {}
        for _, name, record in self._store.everywhere("github-setting"):
            if name.startswith(prefix):
                found[name.removeprefix(prefix)] = record["value"]
        return found
