"""ASGI application of the inference server, with `/ping` and `/invocations`.

FastAPI's routing takes longer than a prediction. Requests to `/invocations` are therefore answered before they reach
FastAPI, which handles all other paths.
"""

import asyncio
import json
import re
import time
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.monitors import INFERENCE_ID_PATTERN
from sagemaker_mlops.runtime.media_types import JSON
from sagemaker_mlops.runtime.model_interface import Model
from sagemaker_mlops.serving.draining import Draining
from sagemaker_mlops.serving.openapi import openapi_document
from sagemaker_mlops.serving.prediction_service import Answer, PredictionService, Refused, new_inference_id
from sagemaker_mlops.serving.request_log import RequestLog

MAXIMUM_BODY_BYTES = 25 * 1024 * 1024  # SageMaker's largest real-time request
# Larger bodies are processed in a thread, so that other requests do not wait for them.
LARGE_BODY_BYTES = 8 * 1024
# Parsed records take many times the memory of the body, so this limits how many large bodies are parsed at once.
LARGE_BODIES_AT_ONCE = 2
PATH, METHOD = "/invocations", "POST"
INFERENCE_ID_HEADER = b"x-amzn-sagemaker-inference-id"
# The only response header that SageMaker passes on to the caller.
ATTRIBUTES_HEADER = b"x-amzn-sagemaker-custom-attributes"
INFERENCE_ID = re.compile(INFERENCE_ID_PATTERN.encode())


class ClientDisconnected(Exception):
    """Error for a connection that the client closed before the request was read completely."""


class InferenceApplication:
    """ASGI application that answers `POST /invocations` and passes all other requests on."""

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
        except ClientDisconnected:
            return
        except Refused as refusal:
            faults = {"faults": [fault.as_dict() for fault in refusal.faults]} if refusal.faults else {}
            status, body = refusal.status, self._error(str(refusal), inference_id, **faults)
            notes = {"rules": sorted({fault.rule for fault in refusal.faults})}
        except Exception as failure:
            # Log only the error's type, because its message may contain data of the request.
            status, body = 500, self._error("the model failed", inference_id)
            notes = {"error": type(failure).__name__}
        # Log before sending, so that every response has a log line.
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
    """Return the body of a request.

    A body above the limit is read up to four times the limit and discarded.

    Raises:
        ClientDisconnected: if the client closes the connection.
        Refused: with status 413, if the body is larger than MAXIMUM_BODY_BYTES.
    """
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
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
    """Handlers for `/ping` and for unsupported methods and paths."""

    def __init__(self, model_version: str, draining: Draining) -> None:
        self._model_version, self._draining = model_version, draining

    async def ping(self) -> Response:
        """Answer SageMaker's health check with 200, or with 503 while the server drains."""
        return self._response(*((503, {"status": "draining"}) if self._draining.begun else (200, {"status": "ready"})))

    async def only_posts(self) -> Response:
        """Answer a request to `/invocations` that uses another method than POST."""
        return self._response(405, {"error": f"expected {METHOD} {PATH}"}, {"allow": METHOD})

    async def http_error(self, _request: Request, error: Exception) -> Response:
        """Answer a request that FastAPI cannot route, such as one to an unknown path."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        return self._response(status, {"error": f"expected GET /ping or {METHOD} {PATH}"})

    def _response(self, status: int, content: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
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
    """Return the application for a loaded model, after the model has made one prediction.

    Args:
        model: model to serve.
        contract: contract that requests are checked against.
        model_version: version named in every response, which identifies the responses of a canary.
        log: log of requests; standard output by default.
        draining: shutdown state that the server shares with the application; a new one by default.
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
