"""Bare repository behind the API, read and written with git commands."""

import os
import subprocess
import sys
from pathlib import Path

from localcloud.github.answers import Refused, not_found

MAIN = "main"
AUTHOR = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "localcloud"), ("EMAIL", "localcloud@localhost"))
}
HOOK = """\
#!/bin/sh
# Tell the stand-in for GitHub what was pushed; it starts the workflows.
PYTHONPATH={package} exec {python} -m localcloud.github.hook {url}
"""


class BareRepository:
    """A bare git repository."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def make(self, hook_url: str) -> None:
        """Create the repository if it does not exist, and install the hook that reports pushes to `hook_url`."""
        if not self.directory.exists():
            self.directory.mkdir(parents=True)
            self.git("init", "--quiet", "--bare", "--initial-branch", MAIN)
        hook = self.directory / "hooks" / "post-receive"
        package = Path(__file__).parents[2]
        hook.write_text(HOOK.format(package=package, python=sys.executable, url=hook_url), encoding="utf-8")
        hook.chmod(0o755)

    def git(self, *words: str, content: bytes | None = None, index: Path | None = None) -> str:
        """Run a git command in the repository and return its output.

        Raises:
            Refused: with 422 and git's error message if the command fails.
        """
        environment = {**_clean_environment(), **AUTHOR} | ({"GIT_INDEX_FILE": str(index)} if index else {})
        result = subprocess.run(
            ["git", "-C", str(self.directory), *words],
            input=content,
            capture_output=True,
            env=environment,
            check=False,
        )
        if result.returncode:
            raise Refused(422, f"git {words[0]}: {result.stderr.decode(errors='replace').strip()[-300:]}")
        return result.stdout.decode(errors="surrogateescape").strip()

    def head(self, branch: str) -> str | None:
        """Return the newest commit of a branch, or None if there is no such branch."""
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}")
        except Refused:
            return None

    def is_empty(self) -> bool:
        """Return True if nothing has been pushed yet."""
        return not self.git("for-each-ref", "--count=1")

    def require_head(self, branch: str) -> str:
        """Return the newest commit of a branch, or raise GitHub's 404."""
        found = self.head(branch)
        if found is None:
            raise not_found(f"branch {branch}")
        return found

    def require_commit(self, name: str) -> str:
        """Return the commit of a branch name or of a commit id, or raise GitHub's 404."""
        found = self.head(name)
        if found is not None:
            return found
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        except Refused:
            raise not_found(name) from None

    def require_fork_head(self, owner: str, branch: str) -> str:
        """Return the newest commit of a branch of a fork, or raise GitHub's 404.

        The branches of forks are stored below refs/forks/OWNER.
        """
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"refs/forks/{owner}/{branch}^{{commit}}")
        except Refused:
            raise not_found(f"branch {owner}:{branch}") from None

    def read(self, path: str, commit: str) -> tuple[str, bytes] | None:
        """Return the blob id and the content of a file, or None if there is no such file."""
        try:
            blob = self.git("rev-parse", "--verify", "--quiet", f"{commit}:{path}")
        except Refused:
            return None
        result = subprocess.run(
            ["git", "-C", str(self.directory), "cat-file", "blob", blob], capture_output=True, check=False
        )
        return None if result.returncode else (blob, result.stdout)

    def files(self, folder: str, commit: str) -> list[str]:
        """Return the paths of the entries directly in a folder."""
        listed = self.git("ls-tree", "--name-only", commit, f"{folder}/")
        return listed.splitlines()

    def set_branch(self, branch: str, commit: str) -> None:
        """Point a branch at a commit."""
        self.git("update-ref", f"refs/heads/{branch}", commit)

    def commit_file(self, branch: str, path: str, content: bytes, message: str) -> str:
        """Commit a file to a branch and return the commit."""
        parent = self.require_head(branch)
        index = self.directory / f"index-{os.getpid()}-{os.urandom(4).hex()}"
        try:
            self.git("read-tree", parent, index=index)
            blob = self.git("hash-object", "-w", "--stdin", content=content)
            self.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", index=index)
            tree = self.git("write-tree", index=index)
        finally:
            index.unlink(missing_ok=True)
        commit = self.git("commit-tree", tree, "-p", parent, "-m", message)
        self.set_branch(branch, commit)
        return commit

    def is_mergeable(self, head: str) -> bool:
        """Return True if a commit can be merged into main."""
        return self._merged_tree(self.require_head(MAIN), head) is not None

    def _merged_tree(self, base: str, head: str) -> str | None:
        try:
            return self.git("merge-tree", "--write-tree", base, head).splitlines()[0]
        except Refused:
            return None

    def merge(self, head: str, message: str) -> str:
        """Merge a commit into main as a single commit and return that commit.

        Raises:
            Refused: with 405 on a merge conflict.
        """
        base = self.require_head(MAIN)
        tree = self._merged_tree(base, head)
        if tree is None:
            raise Refused(405, "Pull Request is not mergeable")
        commit = self.git("commit-tree", tree, "-p", base, "-m", message)
        self.set_branch(MAIN, commit)
        return commit

    def changed_files(self, before: str, after: str) -> list[str]:
        """Return the files that differ between two commits, or all files if `before` is empty or all zeros."""
        if not before.strip("0"):
            return self.git("ls-tree", "-r", "--name-only", after).splitlines()
        return self.git("diff", "--name-only", before, after).splitlines()

    def check_out(self, directory: Path, branch: str, commit: str) -> None:
        """Create a work tree of a commit, with its branch checked out."""
        self.git("clone", "--quiet", "--no-checkout", str(self.directory), str(directory))
        subprocess.run(
            ["git", "-C", str(directory), "checkout", "--quiet", "-B", branch, commit],
            check=True,
            env=_clean_environment(),
            capture_output=True,
        )

    @staticmethod
    def hide_change(tree: Path, path: Path) -> None:
        """Make git treat a changed file of a work tree as unchanged, so that jobs see a clean work tree."""
        command = ["git", "-C", str(tree), "update-index", "--assume-unchanged", str(path.relative_to(tree))]
        subprocess.run(command, check=True, env=_clean_environment(), capture_output=True)


def _clean_environment() -> dict[str, str]:
    """Return the environment without git's variables.

    A git hook sets variables that would direct git to another repository.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
