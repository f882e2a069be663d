"""Which trust policies let SageMaker assume a role."""

from typing import Any

import pytest
from localcloud.sagemaker.role_trust import trusts_sagemaker

from tests.localcloud.conftest import TRUST


def statement(service: str, effect: str = "Allow") -> dict[str, Any]:
    return {"Effect": effect, "Principal": {"Service": service}, "Action": "sts:AssumeRole"}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (TRUST, True),
        ({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["sts:*"]}]}, True),
        ({"Statement": [statement("lambda.amazonaws.com")]}, False),
        ({"Statement": [statement("sagemaker.amazonaws.com"), statement("sagemaker.amazonaws.com", "Deny")]}, False),
        ({"Statement": [{**statement("sagemaker.amazonaws.com"), "Action": "sts:TagSession"}]}, False),
        ("{}", False),
    ],
)
def test_trust_policies_are_read(document: Any, expected: bool) -> None:
    assert trusts_sagemaker(document) is expected
