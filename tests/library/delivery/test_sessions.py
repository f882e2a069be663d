"""Sessions share what they have read."""

import pytest
from botocore.loaders import JSONFileLoader
from sagemaker_mlops.delivery.sessions import session_with


def test_the_second_session_reads_no_service_again(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    load = JSONFileLoader.load_file

    def counted(self: JSONFileLoader, path: str) -> object:
        read.append(path)
        return load(self, path)

    monkeypatch.setattr(JSONFileLoader, "load_file", counted)
    for account in ("111111111111", "222222222222", "111111111111"):
        session = session_with(aws_access_key_id=account, aws_secret_access_key="secret", region_name="eu-west-1")
        client = session.client("events")
        assert client._request_signer._credentials.access_key == account
    assert len([path for path in read if path.endswith("events/2015-10-07/service-2")]) == 1
