"""Call SageMaker without an SDK: whatever the SDK would refuse or round is sent as it is."""

import json
from dataclasses import dataclass, field
from typing import Any

import botocore.session
import urllib3
from botocore.model import ServiceModel

SCOPE = "20260101/{region}/sagemaker/aws4_request"


def service_model() -> ServiceModel:
    """botocore's description of SageMaker."""
    return botocore.session.Session().get_service_model("sagemaker")


MODEL = service_model()


@dataclass(frozen=True)
class Answer:
    """Status and JSON of an answer."""

    status: int
    content: dict[str, Any]

    @property
    def code(self) -> str:
        """The code of a refusal."""
        return str(self.content.get("__type", ""))

    @property
    def message(self) -> str:
        """The message of a refusal."""
        return str(self.content.get("message", ""))


@dataclass
class RawCalls:
    """A connection to one endpoint as one account. Keeps what was accepted, by operation."""

    url: str
    account: str
    region: str
    requests: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False))

    def send(self, operation: str, body: bytes) -> Answer:
        """Send a body as it is."""
        credential = f"{self.account}/{SCOPE.format(region=self.region)}"
        headers = {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0",
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"SageMaker.{operation}",
        }
        answer = self._http.request("POST", f"{self.url}/", body=body, headers=headers, timeout=30.0)
        return Answer(answer.status, json.loads(answer.data or b"{}"))

    def call(self, operation: str, **members: Any) -> Answer:
        """Call an operation."""
        return self.send(operation, json.dumps(members).encode())

    def accepted(self, operation: str, **members: Any) -> dict[str, Any]:
        """Call an operation that has to succeed; keeps request and answer."""
        answer = self.call(operation, **members)
        assert answer.status == 200, f"{operation}: {answer.content}"
        self.requests.setdefault(operation, []).append(members)
        self.answers.setdefault(operation, []).append(answer.content)
        return answer.content
