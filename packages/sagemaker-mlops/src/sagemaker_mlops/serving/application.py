"""The web application: `/ping` once the model has predicted, `/invocations` for predictions.

FastAPI's routing costs more than the prediction, so the one path that is asked thousands of times a second is
answered before it gets there; everything else is FastAPI's.
"""

import asyncio
import json
import re
import time
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from model.predict import Model
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.monitors import INFERENCE_ID_PATTERN
from sagemaker_mlops.runtime.media_types import JSON
from sagemaker_mlops.serving.draining import Draining
from sagemaker_mlops.serving.openapi import openapi_document
from sagemaker_mlops.serving.prediction_service import Answer, PredictionService, Refused, new_inference_id
from sagemaker_mlops.serving.request_log import RequestLog

MAXIMUM_BODY_BYTES = 25 * 1024 * 1024  # SageMaker's largest real-time request
# A larger body takes longer than others should wait for, so it is answered in a thread.
LARGE_BODY_BYTES = 8 * 1024
# Records in memory are many times as large as the body, so only so many large ones are read at once.
LARGE_BODIES_AT_ONCE = 2
PATH, METHOD = "/invocations", "POST"
INFERENCE_ID_HEADER = b"x-amzn-sagemaker-inference-id"
# SageMaker hands this one header on to the caller.
ATTRIBUTES_HEADER = b"x-amzn-sagemaker-custom-attributes"
INFERENCE_ID = re.compile(INFERENCE_ID_PATTERN.encode())


class CallerLeft(Exception):
    """The connection was closed before the request was read."""


class InferenceApplication:
    """The whole application, as ASGI."""

    def __init__(self, service: PredictionService, log: RequestLog, draining: Draining, rest: ASGIApp) -> None:
        self._service, self._log, self._draining, self._rest = service, log, draining, rest
        self._large_bodies = asyncio.Semaphore(LARGE_BODIES_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"] == PATH and scope["method"] == METHOD:
            with self._draining.request():
                await self._invocations(dict(scope["headers"]), receive, send)
        else:
            await self._rest(scope, receive, send)

    async def _invocations(self, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        begin = time.perf_counter()
        given = headers.get(INFERENCE_ID_HEADER, b"")
        inference_id = given.decode("ascii") if INFERENCE_ID.fullmatch(given) else new_inference_id()
        status, media_type = 200, JSON
        notes: dict[str, object] = {}
        try:
            answer = await self._answer(headers, receive, inference_id)
            body, media_type, notes = answer.body, answer.media_type, {"records": answer.records}
        except CallerLeft:
            return
        except Refused as refusal:
            faults = {"faults": [fault.as_dict() for fault in refusal.faults]} if refusal.faults else {}
            status, body = refusal.status, self._error(str(refusal), inference_id, **faults)
            notes = {"rules": sorted({fault.rule for fault in refusal.faults})}
        except Exception as failure:
            # The message of an error may quote the request: its type is logged, not its text.
            status, body = 500, self._error("the model failed", inference_id)
            notes = {"error": type(failure).__name__}
        # Logged before it is sent, so that no answer is ever without its line.
        spent = round((time.perf_counter() - begin) * 1000, 3)
        self._log.write("invocation", status=status, inference_id=inference_id, milliseconds=spent, **notes)
        await _send(
            send, status, media_type, body, [(ATTRIBUTES_HEADER, f"milliseconds={spent}".encode())], self._draining
        )

    async def _answer(self, headers: dict[bytes, bytes], receive: Receive, inference_id: str) -> Answer:
        body = await _body(receive)
        names = b"content-type", b"content-encoding", b"accept"
        content_type, encoding, accept = (headers.get(name, b"").decode("latin-1") for name in names)
        if len(body) > LARGE_BODY_BYTES:
            async with self._large_bodies:
                answer = self._service.answer
                return await run_in_threadpool(answer, body, content_type, encoding, accept, inference_id)
        return self._service.answer(body, content_type, encoding, accept, inference_id)

    def _error(self, message: str, inference_id: str, **more: object) -> bytes:
        origin = {"model_version": self._service.model_version, "inference_id": inference_id}
        return json.dumps({"error": message, **more, **origin}).encode()


async def _send(
    send: Send, status: int, media_type: str, body: bytes, more: list[tuple[bytes, bytes]], draining: Draining
) -> None:
    headers = [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode()), *more]
    if draining.begun:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _body(receive: Receive) -> bytes:
    """The body of a request; raises Refused if it is too large. What is too much is read, and thrown away."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CallerLeft
        part, more = message.get("body", b""), message.get("more_body", False)
        size += len(part)
        if size <= MAXIMUM_BODY_BYTES:
            parts.append(part)
        elif size > 4 * MAXIMUM_BODY_BYTES:
            break
    if size > MAXIMUM_BODY_BYTES:
        raise Refused(413, f"expected at most {MAXIMUM_BODY_BYTES} bytes")
    return b"".join(parts)


class OtherPaths:
    """`/ping`, and what to say of paths and methods that there are not."""

    def __init__(self, model_version: str, draining: Draining) -> None:
        self._model_version, self._draining = model_version, draining

    async def ping(self) -> Response:
        """SageMaker's health check."""
        return self._told(*((503, {"status": "draining"}) if self._draining.begun else (200, {"status": "ready"})))

    async def only_posts(self) -> Response:
        """The answer to another method than POST."""
        return self._told(405, {"error": f"expected {METHOD} {PATH}"}, {"allow": METHOD})

    async def http_error(self, _request: Request, error: Exception) -> Response:
        """The answer to another path."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        return self._told(status, {"error": f"expected GET /ping or {METHOD} {PATH}"})

    def _told(self, status: int, content: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
        named = {**content, "model_version": self._model_version}
        return JSONResponse(named, status_code=status, headers=headers)


def create_application(
    model: Model,
    contract: Contract,
    model_version: str,
    *,
    log: RequestLog | None = None,
    draining: Draining | None = None,
) -> InferenceApplication:
    """Return the application of a loaded model.

    Args:
        model: the model to serve.
        contract: what requests are checked against.
        model_version: named in every response, so that a canary's answers can be told apart.
        log: where requests are logged; standard output by default.
        draining: tells the application that its server is about to end.
    """
    draining = draining or Draining()
    paths = OtherPaths(model_version, draining)
    document = JSONResponse(openapi_document(contract, model_version))
    rest = FastAPI(openapi_url=None)
    rest.add_api_route("/openapi.json", lambda: document, response_model=None)
    rest.add_api_route("/ping", paths.ping, response_model=None)
    others = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
    rest.add_api_route(PATH, paths.only_posts, methods=others, response_model=None)
    rest.add_exception_handler(HTTPException, paths.http_error)
    service = PredictionService(model, contract, model_version)
    return InferenceApplication(service, log or RequestLog(model_version), draining, rest)
