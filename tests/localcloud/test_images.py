"""Images: what a Dockerfile copies, under the names that it was given."""

import json
import os
import secrets
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from localcloud.errors import NotInLocalcloud
from localcloud.images.dockerfile import read_dockerfile
from localcloud.images.image_store import ImageStore, repository_of
from localcloud.images.manifests import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from localcloud.sagemaker.container import Container

from tests.localcloud.conftest import LocalCloud

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
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "LOCALCLOUD_STATE": str(store), "LOCALCLOUD_PYTHON": sys.executable,
        },
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


WITH_WHEELS = """
FROM scratch
COPY dist /tmp/dist
RUN pip install --no-deps --no-index --find-links /tmp/dist our-library && rm -rf /tmp/dist
ENTRYPOINT ["python", "-m", "our_library"]
"""


def test_an_image_keeps_the_wheel_that_it_installed(tmp_path: Path) -> None:
    """Another version of the library is another image, and a container of the old one imports the old one."""
    folder = context(tmp_path, WITH_WHEELS, **{"dist/.ready": ""})
    store = ImageStore(tmp_path / "images")
    answers = []
    for number in ("1", "2"):
        with zipfile.ZipFile(folder / "dist" / "our_library-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr("our_library.py", f"print({number})")
        answers.append(store.build(folder, folder / "Dockerfile", Path(sys.executable)))
        store.tag(f"model:{number}", answers[-1])
    assert len(set(answers)) == 2
    for number in ("1", "2"):
        container = Container(store.built(f"model:{number}") or pytest.fail("was not built"), tmp_path / "root")
        result = subprocess.run(
            container.words(), env=container.variables(), capture_output=True, text=True, check=True
        )
        assert result.stdout.strip() == number


def test_without_a_copied_wheel_the_laptops_packages_are_taken(tmp_path: Path) -> None:
    folder = context(tmp_path, WITH_WHEELS, **{"dist/.ready": ""})
    store = ImageStore(tmp_path / "images")
    store.tag("model:1", store.build(folder, folder / "Dockerfile", Path(sys.executable)))
    image = store.built("model:1")
    assert image is not None
    assert "PYTHONPATH" not in image.environment


def test_a_changed_file_is_another_image_and_the_old_one_stays(tmp_path: Path) -> None:
    folder = context(tmp_path, 'FROM scratch\nCOPY a.txt /\nENTRYPOINT ["x"]\n', **{"a.txt": "1"})
    store = ImageStore(tmp_path / "images")
    digests = []
    for text in ("1", "2"):
        (folder / "a.txt").write_text(text)
        store.tag(NAME, store.build(folder, folder / "Dockerfile", Path(sys.executable)))
        digests.append(store.push(NAME))
    old, new = (store.pushed(f"{repository_of(NAME)}@{digest}") for digest in digests)
    assert old is not None
    assert new is not None
    assert [(image.root / "a.txt").read_text() for image in (old, new)] == ["1", "2"]


@pytest.fixture
def repository(cloud: LocalCloud) -> Iterator[str]:
    """A repository of images, and its address."""
    client, name = cloud.client("ecr"), f"repository-{secrets.token_hex(4)}"
    yield str(client.create_repository(repositoryName=name)["repository"]["repositoryUri"])
    client.delete_repository(repositoryName=name, force=True)


SMALL = 'FROM scratch\nCOPY a.txt /\nENTRYPOINT ["x"]\n'


def test_a_built_image_is_not_there_for_jobs_until_it_is_pushed(
    tmp_path: Path, cloud: LocalCloud, repository: str
) -> None:
    name, state = f"{repository}:1", cloud.instance.directory
    folder = context(tmp_path, SMALL, **{"a.txt": "1"})
    assert docker(state, "build", "-t", name, str(folder)).returncode == 0
    store = ImageStore(state / "images")
    assert store.pushed(name) is None
    assert json.loads(docker(state, "inspect", name).stdout)[0]["RepoDigests"] == []
    assert "digest: sha256:" in docker(state, "push", name).stdout
    assert store.pushed(name) is not None
    described = json.loads(docker(state, "inspect", name).stdout)
    assert described[0]["RepoDigests"][0].startswith(f"{repository}@sha256:")


@pytest.mark.parametrize(
    ("words", "media_type"),
    [
        # BuildKit 0.31 and later: moby/buildkit#6824; attestations: moby/buildkit#6070.
        (("build", "--provenance=false"), OCI_MANIFEST),
        (("build",), OCI_INDEX),
        (("buildx", "build", "--provenance=false", "--output", "type=image"), OCI_MANIFEST),
        (("buildx", "build", "--provenance=false", "--output", "type=image,oci-mediatypes=false"), DOCKER_MANIFEST),
        (("buildx", "build", "--output", "type=image,oci-mediatypes=false"), OCI_INDEX),
        (
            ("buildx", "build", "--provenance=false", "--sbom=true", "--output", "type=image,oci-mediatypes=false"),
            OCI_INDEX,
        ),
    ],
)
def test_the_media_type_is_what_buildkit_makes_and_ecr_shows_it(
    tmp_path: Path, cloud: LocalCloud, repository: str, words: tuple[str, ...], media_type: str
) -> None:
    name, state = f"{repository}:1", cloud.instance.directory
    folder = context(tmp_path, SMALL, **{"a.txt": "1"})
    for command in ((*words, "-t", name, str(folder)), ("push", name)):
        result = docker(state, *command)
        assert result.returncode == 0, result.stderr
    found = cloud.client("ecr").describe_images(
        repositoryName=repository.rpartition("/")[2], imageIds=[{"imageTag": "1"}]
    )["imageDetails"][0]
    pushed = ImageStore(state / "images").pushed(f"{repository}@{found['imageDigest']}")
    assert pushed is not None
    assert found["imageManifestMediaType"] == pushed.media_type == media_type


def test_one_command_builds_and_pushes(tmp_path: Path, cloud: LocalCloud, repository: str) -> None:
    folder, output = context(tmp_path, SMALL, **{"a.txt": "1"}), "type=image,push=true,oci-mediatypes=false"
    words = ("buildx", "build", "--provenance=false", "--output", output, "--tag", f"{repository}:2", str(folder))
    assert docker(cloud.instance.directory, *words).returncode == 0
    images = cloud.client("ecr").list_images(repositoryName=repository.rpartition("/")[2])["imageIds"]
    assert [image["imageTag"] for image in images] == ["2"]


def test_a_push_needs_a_cloud_and_a_repository(tmp_path: Path, cloud: LocalCloud) -> None:
    folder = context(tmp_path, SMALL, **{"a.txt": "1"})
    for state, message in ((tmp_path / "s", "found none"), (cloud.instance.directory, "name unknown")):
        name = NAME.replace("model", "never-made")
        assert docker(state, "build", "-t", name, str(folder)).returncode == 0
        result = docker(state, "push", name)
        assert (result.returncode, message in result.stderr) == (1, True), result.stderr


def test_inspect_shows_what_a_contract_of_images_asks_for(tmp_path: Path) -> None:
    folder = context(tmp_path, SMALL + "USER 1000\n", **{"a.txt": "1"})
    docker(tmp_path / "s", "build", "--platform", "linux/arm64", "-t", NAME, str(folder))
    image = json.loads(docker(tmp_path / "s", "inspect", NAME).stdout)[0]
    assert (image["Os"], image["Architecture"]) == ("linux", "arm64")
    assert (image["Config"]["User"], image["Config"]["Entrypoint"]) == ("1000", ["x"])


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
