"""Requests that no SDK sends, against the localcloud of the beliefs: three accounts, IAM on."""

from tests.conformance.raw_calls import RawCalls
from tests.conformance.target import Target


def test_a_body_that_is_no_json_is_refused_with_iam_on(aws: Target) -> None:
    assert aws.endpoint_url is not None
    answer = RawCalls(aws.endpoint_url, aws.account(), aws.region).send("ListModels", b"{")
    assert (answer.status, answer.code) == (400, "SerializationException")
