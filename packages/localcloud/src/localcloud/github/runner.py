"""Runner of the repository's workflows: `act` runs the unchanged files, each run in its own work tree."""

import json
import logging
import os
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Condition, Thread
from typing import Any, TextIO

from localcloud.children import Child
from localcloud.cloud import Cloud
from localcloud.github.bare_repository import BareRepository
from localcloud.github.identities import BUILT_IN_TOKEN
from localcloud.github.records import Record, Records, now
from localcloud.github.workflows import Workflow, fill_in, parse, without_queue

ACTIONS = Path(__file__).with_name("actions")
REMOTE_ACTION = "uses: "
MOST_RUNS = 2
RUNNERS = ("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04")
WORKFLOWS = ".github/workflows"
PACKAGE = str(Path(__file__).parents[2])  # for PYTHONPATH: localcloud may not be installed where it runs
# Prefixes of this process's variables that workflows do not inherit, because they would direct jobs to other services.
OURS = ("AWS_", "GITHUB_", "LOCALCLOUD_", "VIRTUAL_ENV", "PYTHON", "MAKE", "MFLAGS", "ENVIRONMENTS_FILE", "CLOUD")
log = logging.getLogger("localcloud")


@dataclass
class Runner:
    """A queue of workflow runs, and the threads that run them."""

    cloud: Cloud
    repository: BareRepository
    records: Records
    url: str
    job_environment: Mapping[str, str]
    base_environment: Mapping[str, str]
    _changed: Condition = field(default_factory=Condition)
    _locks: dict[int, set[str]] = field(default_factory=dict)
    _texts: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def start(self) -> None:
        """Cancel the runs of an earlier process, delete their work trees, and start the threads."""
        for run in self.records.all("run"):
            if run["status"] == "in_progress":
                self._end(run["number"], "cancelled")
                _clean(self._directory(run))
        for _ in range(MOST_RUNS):
            Thread(target=self._work, daemon=True).start()

    def queue(
        self, workflow: str, event: str, branch: str, commit: str, payload: Mapping[str, Any], *, waits: bool = False
    ) -> Record:
        """Queue a run of a workflow, or record a run that waits for approval.

        Of several queued runs in one concurrency group only the newest is kept, unless the group has `queue: max`.
        """
        run = self.records.add(
            "run",
            {
                "workflow": workflow,
                "event": event,
                "head_branch": branch,
                "head_sha": commit,
                "payload": payload,
                "status": "completed" if waits else "queued",
                "conclusion": "action_required" if waits else None,
                "attempt": 1,
            },
        )
        if not waits:
            self._displace_others(run)
            with self._changed:
                self._changed.notify_all()
        return run

    def _displace_others(self, run: Record) -> None:
        group = self._own_group(run)
        for other in self.records.all("run") if group and not self._workflow(run).queues_all else ():
            is_older = other["number"] < run["number"] and other["status"] == "queued"
            if is_older and self._own_group(other) == group:
                self._end(other["number"], "cancelled")

    def approve(self, number: int) -> None:
        """Queue a run that has waited for approval."""
        self.records.change("run", number, status="queued", conclusion=None)
        with self._changed:
            self._changed.notify_all()

    def run_again(self, number: int) -> None:
        """Queue a completed run again, as its next attempt."""
        run = self.records.get("run", number) or {}
        self.records.change("run", number, status="queued", conclusion=None, attempt=run["attempt"] + 1)
        with self._changed:
            self._changed.notify_all()

    def cancel(self, number: int) -> None:
        """Cancel a run. Its processes are ended about a second later, as when a runner fails."""
        self._end(number, "cancelled")

    def log_path(self, number: int) -> Path:
        """Return the path of a run's log."""
        return self.cloud.directory / "logs" / f"workflow-{number}.log"

    def _end(self, number: int, conclusion: str) -> None:
        self.records.change("run", number, status="completed", conclusion=conclusion, completed_at=now())

    def context(self, run: Record) -> dict[str, str]:
        """Return the values that are known to a run's expressions before it starts."""
        inputs = {f"inputs.{name}": str(value) for name, value in (run["payload"].get("inputs") or {}).items()}
        return {"github.ref": f"refs/heads/{run['head_branch']}", "github.workflow": run["workflow"], **inputs}

    def _workflow(self, run: Record) -> Workflow:
        text = self.read(f"{WORKFLOWS}/{run['workflow']}", run["head_sha"])
        return Workflow(run["workflow"], parse(text or "{}"))

    def read(self, path: str, commit: str) -> str | None:
        """Return the text of a file at a commit, given by its hash, or None if there is no such file."""
        # A commit never changes. Clients poll the list of runs, and each run would cost two git processes.
        if (path, commit) not in self._texts:
            found = self.repository.read(path, commit)
            self._texts[path, commit] = found[1].decode() if found else None
        return self._texts[path, commit]

    def title(self, run: Record) -> str:
        """Return the title of a run: its `run-name`, or else the file name of the workflow."""
        return fill_in(str(self._workflow(run).content.get("run-name", run["workflow"])), self.context(run))

    def _own_group(self, run: Record) -> str | None:
        group = self._workflow(run).content.get("concurrency")
        name = group.get("group") if isinstance(group, dict) else group
        return fill_in(str(name), self.context(run)) if name else None

    def _work(self) -> None:
        while not self.cloud.stopping.is_set():
            with self._changed:
                run = self._next()
                if run is None:
                    self._changed.wait(1.0)
                    continue
            try:
                self._run(run)
            except Exception:
                log.exception("run %s of %s failed inside localcloud", run["number"], run["workflow"])
                self._end(run["number"], "failure")
            finally:
                with self._changed:
                    self._locks.pop(run["number"], None)
                    self._changed.notify_all()

    def _next(self) -> Record | None:
        """Take the oldest queued run whose concurrency groups are free, and mark it as in progress."""
        held = set().union(*self._locks.values()) if self._locks else set()
        for run in reversed(self.records.all("run")):
            if run["status"] != "queued":
                continue
            wanted = self._workflow(run).locks(partial(self.read, commit=run["head_sha"]), self.context(run))
            if not wanted & held:
                self._locks[run["number"]] = wanted
                self.records.change("run", run["number"], status="in_progress", started_at=now())
                return run
            held |= wanted  # a later run must not overtake this one
        return None

    def _run(self, run: Record) -> None:
        number = run["number"]
        directory = self._directory(run)
        shutil.rmtree(directory, ignore_errors=True)
        tree = directory / "tree"
        directory.mkdir(parents=True)
        self.repository.check_out(tree, run["head_branch"], run["head_sha"])
        self._leave_out_queues(tree)
        (directory / "event.json").write_text(json.dumps(run["payload"]), encoding="utf-8")
        path = self.log_path(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", buffering=1) as file:
            file.write(f"--- {run['workflow']}, run {number}, attempt {run['attempt']}, {now()}\n")
            child = Child(
                self._command(run, directory),
                directory=tree,
                environment=self._environment(directory),
                sink=partial(_write, file),
                gives_way=True,
            )
            code = self._wait(child, number)
            file.write(f"--- ended with code {code}, {now()}\n")
        if (self.records.get("run", number) or {}).get("status") == "in_progress":
            self._end(number, "success" if code == 0 else "failure")
        _clean(directory)

    def _leave_out_queues(self, tree: Path) -> None:
        """Remove `queue` from concurrency groups, because act rejects it.

        GitHub added it in May 2026. This runner implements it.
        """
        for path in sorted((tree / WORKFLOWS).glob("*.y*ml")):
            text = path.read_text(encoding="utf-8")
            plain = without_queue(text)
            if plain != text:
                path.write_text(plain, encoding="utf-8")
                self.repository.hide_change(tree, path)

    def _directory(self, run: Record) -> Path:
        return self.cloud.directory / "workflows" / f"{run['number']}-{run['attempt']}"

    def _wait(self, child: Child, number: int) -> int:
        while child.running:
            is_cancelled = (self.records.get("run", number) or {}).get("status") != "in_progress"
            if self.cloud.stopping.is_set() or is_cancelled:
                child.stop(timeout_seconds=1)
            time.sleep(0.1)
        return child.wait(5)

    def _command(self, run: Record, directory: Path) -> list[str]:
        run_token = f"{BUILT_IN_TOKEN}{run['number']}"
        variables = self.records.settings("variable:")
        known = {} if self.is_of_fork(run) else self.records.settings("known-secret:")
        secrets = {"GITHUB_TOKEN": run_token, **known}
        actor = run["payload"].get("sender", {}).get("login", "localcloud")
        words = [str(Path(sys.executable).with_name("act")), run["event"], "--no-cache-server", "--actor", actor]
        words += ["--workflows", f"{WORKFLOWS}/{run['workflow']}", "--eventpath", str(directory / "event.json")]
        words += ["--action-cache-path", str(directory / "cache")]
        for name in RUNNERS:
            words += ["--platform", f"{name}=-self-hosted"]
        for action in self._remote_actions(run["head_sha"]):
            stub = ACTIONS / action.split("@")[0].split("/")[-1]
            if stub.is_dir():
                words += ["--local-repository", f"{self.url}/{action}={stub}"]
        for option, values in (("--var", variables), ("--secret", secrets), ("--env", self._github(run))):
            for name, value in values.items():
                words += [option, f"{name}={value}"]
        return words

    def is_of_fork(self, run: Record) -> bool:
        """Return True if a run belongs to a pull request from a fork. GitHub gives such a run no secrets."""
        head = run["payload"].get("pull_request", {}).get("head", {})
        return bool(head) and head["repo"]["full_name"] != self.records.setting("full-name")

    def _github(self, run: Record) -> dict[str, str]:
        name = self.records.setting("full-name") or "localcloud/project"
        return {
            "GITHUB_API_URL": self.url,
            "GITHUB_SERVER_URL": self.url,
            "GITHUB_REPOSITORY": name,
            "GITHUB_REPOSITORY_OWNER": name.split("/")[0],
            "GITHUB_RUN_ID": str(run["number"]),
            "GITHUB_RUN_ATTEMPT": str(run["attempt"]),
        }

    def _remote_actions(self, commit: str) -> set[str]:
        """Return the actions of other repositories that the workflows and local actions of a commit use.

        They are replaced with stubs.
        """
        found = set()
        listed = self.repository.git("ls-tree", "-r", "--name-only", commit, ".github/")
        for path in listed.splitlines():
            for line in (self.read(path, commit) or "").splitlines() if path.endswith((".yml", ".yaml")) else ():
                word = line.strip().removeprefix("- ")
                if word.startswith(REMOTE_ACTION) and "@" in word:
                    found.add(word.removeprefix(REMOTE_ACTION).split()[0])
        return found

    def _environment(self, directory: Path) -> dict[str, str]:
        kept = {name: value for name, value in self.base_environment.items() if not name.startswith(OURS)}
        return {
            **kept,
            "PATH": f"{self._commands()}{os.pathsep}{kept.get('PATH', os.defpath)}",
            "LOCALCLOUD_REPOSITORY": str(self.repository.directory),
            "LOCALCLOUD_ARTIFACTS": str(directory.parent / "artifacts"),
            "LOCALCLOUD_INTERPRETER": sys.executable,
            "LOCALCLOUD_PACKAGE": PACKAGE,
        }

    def _commands(self) -> Path:
        """Return a folder for PATH with a `docker` that stores its images in this cloud."""
        folder = self.cloud.directory / "workflows" / "bin"
        folder.mkdir(parents=True, exist_ok=True)
        interpreter = self.job_environment.get("LOCALCLOUD_PYTHON", "")
        docker = folder / "docker"
        docker.write_text(
            f"#!/bin/sh\nexport LOCALCLOUD_STATE='{self.cloud.directory}' LOCALCLOUD_PYTHON='{interpreter}'\n"
            f"PYTHONPATH='{PACKAGE}' exec '{sys.executable}' -m localcloud.images.docker_command \"$@\"\n",
            encoding="utf-8",
        )
        docker.chmod(0o755)
        return folder


def _clean(directory: Path) -> None:
    """Delete the work tree and the action cache of a run, which contain the packages that its jobs installed."""
    for name in ("cache", "tree"):
        shutil.rmtree(directory / name, ignore_errors=True)


def _write(file: TextIO, line: str) -> None:
    """Write a line to the log with the time of day, which act does not add."""
    file.write(f"{datetime.now(UTC):%H:%M:%S} {line}\n")
