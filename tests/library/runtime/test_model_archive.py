import io
import tarfile
from pathlib import Path

import pytest
from sagemaker_mlops.runtime.model_archive import unpack_model


def archive(directory: Path, *entries: tarfile.TarInfo) -> None:
    with tarfile.open(directory / "model.tar.gz", "w:gz") as tar:
        for entry in entries:
            tar.addfile(entry, io.BytesIO(b"x" * entry.size))


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, 1 if kind == tarfile.REGTYPE else 0
    return info


def test_files_are_unpacked_beside_the_archive(tmp_path: Path) -> None:
    archive(tmp_path, entry("folder", tarfile.DIRTYPE), entry("folder/model.txt"), entry("./encoding.json"))
    found = unpack_model(tmp_path)
    assert sorted(path.relative_to(found).as_posix() for path in found.rglob("*") if path.is_file()) == [
        "encoding.json",
        "folder/model.txt",
    ]


@pytest.mark.parametrize(
    "bad",
    [
        entry("/etc/model.txt"),
        entry("../model.txt"),
        entry("link", tarfile.SYMTYPE, "/etc/passwd"),
        entry("hard", tarfile.LNKTYPE, "model.txt"),
        entry("device", tarfile.CHRTYPE),
    ],
    ids=lambda bad: bad.name,
)
def test_anything_but_plain_files_below_is_refused(tmp_path: Path, bad: tarfile.TarInfo) -> None:
    archive(tmp_path, entry("model.txt"), bad)
    with pytest.raises(ValueError, match="something else than plain files"):
        unpack_model(tmp_path)
