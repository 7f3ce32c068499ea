"""Requests and downloads a member's export as a client does."""

import csv
import io
import zipfile
from collections.abc import Mapping
from typing import Any

import httpx

from tests.support.client import ANYBODY, Ask, Caller

REQUEST = """
    mutation ($format: DataExportFormat!) {
      dataExport(input: {format: $format}) { address expiresAt userErrors { code } }
    }
"""


async def requested(ask: Ask, who: Caller, format: str = "JSON") -> str:
    """The address of a new export."""
    payload = (await ask(who, REQUEST, {"format": format}))["data"]["dataExport"]
    assert payload["userErrors"] == []
    return str(payload["address"])


async def downloaded(ask: Ask, address: str, who: Caller = ANYBODY) -> httpx.Response:
    return await ask.http.get(address, headers=who.headers)


async def exported(ask: Ask, who: Caller) -> dict[str, list[dict[str, Any]]]:
    """All kinds of data in an export of `who`, with their rows."""
    answer = await downloaded(ask, await requested(ask, who))
    assert answer.status_code == 200, answer.text
    found: dict[str, list[dict[str, Any]]] = answer.json()["data"]
    return found


async def exported_files(ask: Ask, who: Caller) -> Mapping[str, list[list[str]]]:
    """The files of an export of `who` in CSV, each with its rows of cells."""
    answer = await downloaded(ask, await requested(ask, who, "CSV_ZIP"))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    return {name: rows(text) for name, text in texts.items()}


def rows(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))
