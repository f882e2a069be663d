"""Images: what a Dockerfile copies, under the names that it was given."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from localcloud.errors import NotInLocalcloud
from localcloud.images.dockerfile import read_dockerfile
from localcloud.images.image_store import ImageStore, repository_of

NAME = "000000000000.dkr.ecr.eu-west-1.amazonaws.com/model:1"


def context(tmp_path: Path, dockerfile: str, **files: str) -> Path:
    for name, content in {"Dockerfile": dockerfile, **files}.items():
        path = tmp_path / "context" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path / "context"


def docker(store: Path, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "localcloud.images.docker_command", *words],
        capture_output=True, text=True, cwd=cwd, check=False,
        env={**os.environ, "LOCALCLOUD_STATE": str(store), "LOCALCLOUD_PYTHON": sys.executable},
    )  # fmt: skip


DOCKERFILE = """
ARG BASE=scratch
FROM ${BASE} AS build
COPY secret.txt /secret.txt
FROM ${BASE}
# a comment
COPY --from=build /x /y
RUN echo one \\
    && echo two
ENV A=1 B="two words"
WORKDIR /app
COPY code code
COPY a.txt b.txt ./
COPY a.txt /etc/renamed.txt
ENTRYPOINT ["python", "-m", "code"]
CMD ["serve"]
"""
FILES = {
    "code/main.py": "1",
    "code/skip.log": "2",
    "a.txt": "a",
    "b.txt": "b",
    "secret.txt": "s",
    ".dockerignore": "*.log\n",
}


def test_an_image_has_the_files_of_its_last_stage(tmp_path: Path) -> None:
    folder = context(tmp_path, DOCKERFILE, **FILES)
    store = ImageStore(tmp_path / "images")
    store.tag(NAME, store.build(folder, folder / "Dockerfile", Path(sys.executable)))
    store.push(NAME)
    image = store.pushed(NAME)
    assert image is not None
    found = sorted(path.relative_to(image.root).as_posix() for path in image.root.rglob("*") if path.is_file())
    assert found == ["app/a.txt", "app/b.txt", "app/code/main.py", "etc/renamed.txt"]
    assert (image.entrypoint, image.command) == (["python", "-m", "code"], ["serve"])
    assert image.environment == {"A": "1", "B": "two words"}
    assert image.directory == image.root / "app"


def test_a_changed_file_is_another_image_and_the_old_one_stays(tmp_path: Path) -> None:
    folder = context(tmp_path, 'FROM scratch\nCOPY a.txt /\nENTRYPOINT ["x"]\n', **{"a.txt": "1"})
    store = ImageStore(tmp_path / "images")
    digests = []
    for text in ("1", "2"):
        (folder / "a.txt").write_text(text)
        digests.append(store.build(folder, folder / "Dockerfile", Path(sys.executable)))
        store.tag(NAME, digests[-1])
        store.push(NAME)
    old, new = (store.pushed(f"{repository_of(NAME)}@{digest}") for digest in digests)
    assert old is not None
    assert new is not None
    assert [(image.root / "a.txt").read_text() for image in (old, new)] == ["1", "2"]


def test_a_built_image_is_not_there_for_jobs_until_it_is_pushed(tmp_path: Path) -> None:
    folder = context(tmp_path, 'FROM scratch\nCOPY a.txt /\nENTRYPOINT ["x"]\n', **{"a.txt": "1"})
    assert docker(tmp_path / "s", "build", "-t", NAME, str(folder)).returncode == 0
    store = ImageStore(tmp_path / "s" / "images")
    assert store.pushed(NAME) is None
    assert "digest: sha256:" in docker(tmp_path / "s", "push", NAME).stdout
    assert store.pushed(NAME) is not None
    described = json.loads(docker(tmp_path / "s", "inspect", NAME).stdout)
    assert described[0]["RepoDigests"][0].startswith("000000000000.dkr.ecr.eu-west-1.amazonaws.com/model@sha256:")


@pytest.mark.parametrize(
    ("dockerfile", "message"),
    [
        ("FROM x\nONBUILD RUN y\n", "the Dockerfile instruction ONBUILD"),
        ("FROM x\nENTRYPOINT python app.py\n", "the shell form of ENTRYPOINT"),
    ],
)
def test_what_is_not_understood_is_told(tmp_path: Path, dockerfile: str, message: str) -> None:
    with pytest.raises(NotInLocalcloud, match=message):
        read_dockerfile(context(tmp_path, dockerfile) / "Dockerfile")


def test_a_missing_source_and_an_unbuilt_name_are_told_without_a_traceback(tmp_path: Path) -> None:
    folder = context(tmp_path, "FROM x\nCOPY nothing /\n")
    missing = docker(tmp_path, "build", "-t", NAME, str(folder))
    assert (missing.returncode, missing.stderr[:24]) == (1, "docker: COPY nothing: th")
    unbuilt = docker(tmp_path, "push", NAME)
    assert "was not built" in unbuilt.stderr
    assert "Traceback" not in unbuilt.stderr
