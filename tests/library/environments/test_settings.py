from pathlib import Path

import pytest
from sagemaker_mlops.environments.names import Names, names_of
from sagemaker_mlops.environments.settings import ENVIRONMENTS_FILE, SettingsError, load_settings

LAPTOP_FILE = ENVIRONMENTS_FILE.with_name("environments.laptop.yaml")


@pytest.mark.parametrize("path", [ENVIRONMENTS_FILE, LAPTOP_FILE])
def test_both_files_have_the_same_three_environments(path: Path) -> None:
    assert list(load_settings(path).environments) == ["dev", "staging", "production"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("account: 12345", r"environments.dev.account: .*valid string.*found 12345"),
        ('account: "12345"', r"environments.dev.account: .*match pattern.*found '12345'"),
        ("region: Ireland", r"environments.dev.region: .*found 'Ireland'"),
        ("trains: perhaps", r"environments.dev.trains: .*found 'perhaps'"),
        ("colour: red", r"environments.dev.colour: unknown key"),
    ],
)
def test_a_bad_value_is_told_with_its_key_path(tmp_path: Path, text: str, message: str) -> None:
    key = text.split(":", maxsplit=1)[0]
    values = {"account": 'account: "111111111111"', "region": "region: eu-west-1", "trains": "trains: true", key: text}
    content = "\n    ".join(values.values())
    path = tmp_path / "environments.yaml"
    path.write_text(
        "project: p\nteam_email: a@b.example\ngithub: {owner: o, repository: r}\n"
        f"monitoring_runtime: model_monitor\nenvironments:\n  dev:\n    {content}\n"
    )
    with pytest.raises(SettingsError, match=message):
        load_settings(path)


def test_a_shell_of_another_project_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENTS_FILE", str(tmp_path / "environments.laptop.yaml"))
    with pytest.raises(SettingsError, match="set up for another project"):
        load_settings()


def test_somebody_must_train(tmp_path: Path) -> None:
    text = ENVIRONMENTS_FILE.read_text(encoding="utf-8").replace("trains: true", "trains: false")
    path = tmp_path / "environments.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="at least one environment needs trains: true"):
        load_settings(path)


def test_an_unknown_environment_is_told() -> None:
    with pytest.raises(SettingsError, match="expected one of dev, staging, production, found test"):
        names_of(load_settings(), "test")


def test_every_name_fits_with_the_longest_project() -> None:
    names = Names("p" * 29, "production", "123456789012", "ap-southeast-1")
    assert len(names.data_bucket) <= 63
    assert len(names.artifact_bucket) <= 63
    assert len(names.model_package_group) <= 63
    assert len(names.endpoint) <= 63
    assert len(names.role("pipeline")) <= 64
