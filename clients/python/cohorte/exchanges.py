"""What is sent and read, and when it is sent again, without any input or output of its own."""

import json
import os
import random
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from cohorte.errors import Failed, Fault, Unreachable, failure
from cohorte.graph.base_model import BaseModel

Model = TypeVar("Model", bound=BaseModel)
Result = TypeVar("Result")

KEY_VARIABLE, URL_VARIABLE = "COHORTE_API_KEY", "COHORTE_URL"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
REPEATED = frozenset({429, 502, 503, 504})  # statuses of requests that were not carried out, or may be repeated
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds, without a Retry-After


@dataclass(frozen=True)
class Call:
    """An operation to send. Every mutation has a `clientMutationId`, so all calls can be repeated."""

    document: str
    variables: Mapping[str, Any]
    anonymous: bool = False  # without the API key, as anybody could send it


Steps = Generator[Call, Mapping[str, Any], Result]


@dataclass(frozen=True)
class Options:
    """Where requests go, and how long they are repeated.

    `attempts` is how often a request is sent at most; `patience` is the longest pause that is waited for, in seconds.
    """

    url: str
    key: str | None = field(default=None, repr=False)
    language: str | None = None
    timeout: float = 60.0
    attempts: int = 5
    patience: float = 60.0

    def headers(self, call: Call) -> dict[str, str]:
        found = {"accept": "application/graphql-response+json", "content-type": "application/json"}
        if self.key is not None and not call.anonymous:
            found["authorization"] = f"Bearer {self.key}"
        if self.language is not None:
            found["accept-language"] = self.language
        return found


def options(key: str | None, url: str | None, **more: Any) -> Options:
    """The options, with the key and the address from the environment if they are not given.

    Raises ValueError without an address, and for a key that would be sent unencrypted beyond this machine.
    """
    key = key or os.environ.get(KEY_VARIABLE) or None
    address = url or os.environ.get(URL_VARIABLE)
    if not address:
        raise ValueError(f"Give the server's url, or set {URL_VARIABLE}.")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("The url must begin with https://.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK and key is not None:
        raise ValueError("An API key is sent over https only, except to this machine.")
    return Options(address.rstrip("/"), key, **more)


def body(call: Call) -> bytes:
    return json.dumps({"query": call.document, "variables": call.variables}).encode()


def pause(options: Options, attempt: int, outcome: httpx.Response | httpx.TransportError) -> float | None:
    """Seconds to wait before the request is sent again after this outcome of its n-th attempt; None to stop."""
    if attempt >= options.attempts:
        return None
    if isinstance(outcome, httpx.Response):
        if outcome.status_code not in REPEATED:
            return None
        wanted = retry_after(outcome)
        if wanted is not None:
            return wanted if wanted <= options.patience else None
    longest = min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE, options.patience)
    return float(longest * random.uniform(0.5, 1))  # noqa: S311 - so that clients do not come back all at once


def retry_after(response: httpx.Response) -> float | None:
    """Seconds of the header Retry-After, which has seconds or a date; None without one that can be read."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)


def data(response: httpx.Response) -> Mapping[str, Any]:
    """The data of a response. Raises Failed with the server's errors, and Unreachable if it is not GraphQL."""
    try:
        read = response.json()
    except ValueError:
        read = None
    if not isinstance(read, dict) or not {"data", "errors"} & read.keys():
        raise Unreachable(f"The url is not that of a Cohorte server: it answered with status {response.status_code}.")
    if read.get("errors"):
        raise _failure(read["errors"], response)
    found: Mapping[str, Any] = read["data"]
    return found


def lost(error: httpx.TransportError) -> Unreachable:
    return Unreachable(f"The server did not answer: {type(error).__name__}.")


def read(call: Call, model: type[Model]) -> Generator[Call, Mapping[str, Any], Model]:
    """The result of a call as its model."""
    return model.model_validate((yield call))


def _failure(errors: list[dict[str, Any]], response: httpx.Response) -> Failed:
    faults = []
    for error in errors:
        extensions = error.get("extensions") or {}
        # A query that is refused has what is wrong with its input, as the payload of a mutation does.
        for one in extensions.get("userErrors") or [{"code": extensions.get("code", "")} | error]:
            path = tuple(str(part) for part in one.get("path") or ())
            faults.append(Fault(str(one.get("code", "")), str(one.get("message", "")), path, extensions))
    return failure(faults, status=response.status_code, retry_after=retry_after(response))
