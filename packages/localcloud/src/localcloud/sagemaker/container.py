"""Container of a job or endpoint: the command and environment of an image, with /opt/ml in a folder."""

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from localcloud.children import Child, LineSink, base_environment
from localcloud.images.image_store import Image

OUTSIDE = Path("/opt/ml")
# Error message of a container that opens /opt/ml itself, instead of taking the path from its arguments or environment,
# such as "[Errno 2] No such file or directory: '/opt/ml/model/x'".
REACHED_OUTSIDE = re.compile(
    r"(?:No such file or directory|Permission denied|Read-only file system|does not exist|cannot (?:open|access)).*"
    r"(?<![\w.\-/])/opt/ml(?:/|\b)"
)
OPT_ML_HINT = (
    "localcloud does not implement /opt/ml for images that open it themselves: every /opt/ml in a container's "
    "arguments and environment leads into a folder of its own, the path itself does not. "
    "Let the image take its paths from arguments or environment variables."
)
OPT_ML = re.compile(r"(^|[=:,])/opt/ml(?=/|$)")
REASON_LIMIT = 1024
PYTHON_NAMES = ("python", "python3")


@dataclass
class Container:
    """A container before its start: an image, a folder in place of /, and the command."""

    image: Image
    root: Path
    entrypoint: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    reached_outside: bool = False
    _was_outside: bool = False

    def prepare(self) -> None:
        """Create an empty folder for the container."""
        if self.root.exists():
            shutil.rmtree(self.root)
        for name in ("output", "config", "input/config", "input/data", "model"):
            self.path(f"/opt/ml/{name}").mkdir(parents=True, exist_ok=True)

    def path(self, path: str) -> Path:
        """Return the path on this machine of a path in the container."""
        return self.root / path.lstrip("/")

    def words(self) -> list[str]:
        """Return the command, with each /opt/ml in its arguments replaced by its path on this machine.

        Docker drops the image's command if an entry point is given.

        Source: https://docs.docker.com/reference/cli/docker/container/run/#entrypoint
        """
        if self.entrypoint:
            command = self.entrypoint + self.arguments
        else:
            command = self.image.entrypoint + (self.arguments or self.image.command)
        return [self._program(command[0]), *map(self._reroot, command[1:])]

    def variables(self) -> dict[str, str]:
        """Return the environment variables, with each /opt/ml replaced by its path on this machine."""
        environment = base_environment(self.image.interpreter) | self.image.environment | self.environment
        return {name: self._reroot(value) for name, value in environment.items()}

    def start(self, sink: LineSink, *, gives_way: bool = False) -> Child:
        """Start the command.

        Args:
            sink: function that is called with each line of output.
            gives_way: run the command at a lower priority.
        """
        self._was_outside = OUTSIDE.exists()
        return Child(
            self.words(),
            directory=self.image.directory,
            environment=self.variables(),
            sink=lambda line: sink(self._watched(line)),
            gives_way=gives_way,
        )

    def _watched(self, line: str) -> str:
        if REACHED_OUTSIDE.search(line):
            self.reached_outside = True
        return line

    @property
    def hint(self) -> str | None:
        """Advice for a container that has opened /opt/ml itself, otherwise None.

        It has done so if its output contains such an error, or if the folder /opt/ml appeared on this machine.
        """
        made_outside = OUTSIDE.exists() and not self._was_outside
        return OPT_ML_HINT if self.reached_outside or made_outside else None

    def _program(self, name: str) -> str:
        return str(self.image.interpreter) if name in PYTHON_NAMES else name

    def _reroot(self, text: str) -> str:
        return OPT_ML.sub(lambda match: f"{match.group(1)}{self.root}/opt/ml", text)

    def written(self, name: str) -> str | None:
        """Return what the container wrote to /opt/ml/output/<name>, or None. `name` is `failure` or `message`.

        The text is cut to 1024 characters, as the service does.
        """
        path = self.path(f"/opt/ml/output/{name}")
        return path.read_text(encoding="utf-8", errors="replace")[:REASON_LIMIT] if path.is_file() else None
