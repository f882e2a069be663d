"""SQLite store of SageMaker resources, which survives restarts and killed processes."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import RLock
from typing import Any

from localcloud.scope import Scope

Resource = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
    account TEXT, region TEXT, kind TEXT, name TEXT, content TEXT NOT NULL,
    number INTEGER PRIMARY KEY AUTOINCREMENT, UNIQUE (account, region, kind, name)
)
"""


class Store:
    """Resources by scope, kind and name. Thread-safe."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = RLock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(SCHEMA)

    def get(self, scope: Scope, kind: str, name: str) -> Resource | None:
        """Return a resource, or None."""
        query = "SELECT content FROM resources WHERE account=? AND region=? AND kind=? AND name=?"
        with self._lock:
            row = self._database.execute(query, (scope.account, scope.region, kind, name)).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, scope: Scope, kind: str, name: str, resource: Resource) -> None:
        """Write a new or changed resource. A changed one keeps its position in the order of creation."""
        statement = (
            "INSERT INTO resources (account, region, kind, name, content) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (account, region, kind, name) DO UPDATE SET content=excluded.content"
        )
        with self._lock:
            self._database.execute(statement, (scope.account, scope.region, kind, name, json.dumps(resource)))

    def update(self, scope: Scope, kind: str, name: str, change: Callable[[Resource], None]) -> Resource:
        """Change a resource while the store is locked, and return it.

        Raises:
            KeyError: if the resource does not exist.
        """
        with self._lock:
            resource = self.get(scope, kind, name)
            if resource is None:
                raise KeyError(name)
            change(resource)
            self.put(scope, kind, name, resource)
            return resource

    def alone(self) -> RLock:
        """Return the lock to hold while a value is read and then changed."""
        return self._lock

    def delete(self, scope: Scope, kind: str, name: str) -> None:
        """Delete a resource if it exists."""
        statement = "DELETE FROM resources WHERE account=? AND region=? AND kind=? AND name=?"
        with self._lock:
            self._database.execute(statement, (scope.account, scope.region, kind, name))

    def of_kind(self, scope: Scope, kind: str) -> list[Resource]:
        """Return all resources of a kind, oldest first."""
        query = "SELECT content FROM resources WHERE account=? AND region=? AND kind=? ORDER BY number"
        with self._lock:
            rows = self._database.execute(query, (scope.account, scope.region, kind)).fetchall()
        return [json.loads(row[0]) for row in rows]

    def everywhere(self, kind: str) -> Iterator[tuple[Scope, str, Resource]]:
        """Yield all resources of a kind in every scope, with scope and name, oldest first."""
        query = "SELECT account, region, name, content FROM resources WHERE kind=? ORDER BY number"
        with self._lock:
            rows = self._database.execute(query, (kind,)).fetchall()
        for account, region, name, content in rows:
            yield Scope(account, region), name, json.loads(content)

    def clear(self) -> None:
        """Delete all resources."""
        with self._lock:
            self._database.execute("DELETE FROM resources")
