"""The bare repository behind the API: read and write files, branches and merges with git's own commands."""

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
    """One bare repository."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def make(self, hook_url: str) -> None:
        """Make the repository if it is not there, and let pushes be told."""
        if not self.directory.exists():
            self.directory.mkdir(parents=True)
            self.git("init", "--quiet", "--bare", "--initial-branch", MAIN)
        hook = self.directory / "hooks" / "post-receive"
        package = Path(__file__).parents[2]
        hook.write_text(HOOK.format(package=package, python=sys.executable, url=hook_url), encoding="utf-8")
        hook.chmod(0o755)

    def git(self, *words: str, content: bytes | None = None, index: Path | None = None) -> str:
        """Run git in the repository; raises Refused with git's words."""
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
        """The newest commit of a branch; None if there is no such branch."""
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}")
        except Refused:
            return None

    def is_empty(self) -> bool:
        """Return whether nothing was pushed yet."""
        return not self.git("for-each-ref", "--count=1")

    def require_head(self, branch: str) -> str:
        """The newest commit of a branch, or GitHub's 404."""
        found = self.head(branch)
        if found is None:
            raise not_found(f"branch {branch}")
        return found

    def require_commit(self, name: str) -> str:
        """The commit of a branch, or of a commit's own name; or GitHub's 404."""
        found = self.head(name)
        if found is not None:
            return found
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        except Refused:
            raise not_found(name) from None

    def require_fork_head(self, owner: str, branch: str) -> str:
        """Return the newest commit of a branch of somebody's fork, which is kept below refs/forks; or GitHub's 404."""
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"refs/forks/{owner}/{branch}^{{commit}}")
        except Refused:
            raise not_found(f"branch {owner}:{branch}") from None

    def read(self, path: str, commit: str) -> tuple[str, bytes] | None:
        """The blob's name and the content of a file; None if it is not there."""
        try:
            blob = self.git("rev-parse", "--verify", "--quiet", f"{commit}:{path}")
        except Refused:
            return None
        result = subprocess.run(
            ["git", "-C", str(self.directory), "cat-file", "blob", blob], capture_output=True, check=False
        )
        return None if result.returncode else (blob, result.stdout)

    def files(self, folder: str, commit: str) -> list[str]:
        """Paths of the files right below a folder."""
        listed = self.git("ls-tree", "--name-only", commit, f"{folder}/")
        return listed.splitlines()

    def set_branch(self, branch: str, commit: str) -> None:
        """Point a branch at a commit."""
        self.git("update-ref", f"refs/heads/{branch}", commit)

    def commit_file(self, branch: str, path: str, content: bytes, message: str) -> str:
        """Commit one file to a branch; returns the commit."""
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
        """Return whether a commit can be merged into main."""
        return self._merged_tree(self.require_head(MAIN), head) is not None

    def _merged_tree(self, base: str, head: str) -> str | None:
        try:
            return self.git("merge-tree", "--write-tree", base, head).splitlines()[0]
        except Refused:
            return None

    def merge(self, head: str, message: str) -> str:
        """Merge a commit into main as one commit; raises Refused with 405 where both changed the same."""
        base = self.require_head(MAIN)
        tree = self._merged_tree(base, head)
        if tree is None:
            raise Refused(405, "Pull Request is not mergeable")
        commit = self.git("commit-tree", tree, "-p", base, "-m", message)
        self.set_branch(MAIN, commit)
        return commit

    def changed_files(self, before: str, after: str) -> list[str]:
        """Files that differ between two commits; all of them if there was none before."""
        if not before.strip("0"):
            return self.git("ls-tree", "-r", "--name-only", after).splitlines()
        return self.git("diff", "--name-only", before, after).splitlines()

    def check_out(self, directory: Path, branch: str, commit: str) -> None:
        """Make a work tree of a commit, on its branch."""
        self.git("clone", "--quiet", "--no-checkout", str(self.directory), str(directory))
        subprocess.run(
            ["git", "-C", str(directory), "checkout", "--quiet", "-B", branch, commit],
            check=True,
            env=_clean_environment(),
            capture_output=True,
        )

    @staticmethod
    def hide_change(tree: Path, path: Path) -> None:
        """Let git take a changed file of a work tree for unchanged, so that jobs find the commit as it is."""
        command = ["git", "-C", str(tree), "update-index", "--assume-unchanged", str(path.relative_to(tree))]
        subprocess.run(command, check=True, env=_clean_environment(), capture_output=True)


def _clean_environment() -> dict[str, str]:
    """A hook of git's leaves variables behind that would lead git to another repository."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
