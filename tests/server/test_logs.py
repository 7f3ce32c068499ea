"""Logs have one line for each operation, and contain nothing that people wrote."""

import json
import logging

import asyncpg
import pytest

from tests.server.test_edge import WHO
from tests.support.client import ANYBODY, SIGN_IN, serving


async def test_no_log_contains_what_people_write(fresh: str, caplog: pytest.LogCaptureFixture) -> None:
    planted = "PlantedMarie"
    with caplog.at_level(logging.DEBUG):
        async with serving(fresh) as ask:
            patient = await ask.sign_in("patient")
            await ask(ANYBODY, SIGN_IN, {"email": f"{planted}@demo.example", "password": planted})
            await ask(ANYBODY, f'query {planted} {{ community(slug: "{planted}") {{ name }} }}')
            await ask(ANYBODY, f'{{ community(slug: {{a: "{planted}"}}) {{ name }} {planted} }}')
            await ask(ANYBODY, f'{{ community(slug: "{planted}" ')
            await ask(patient, "query ($p: String!) { member(pseudonym: $p) { about } }", {"p": planted})
            await ask(patient, "query ($n: Int!) { communities(first: $n) { nodes { id } } }", {"n": planted})
            owner = await asyncpg.connect(fresh)
            # A fault whose text from PostgreSQL repeats the value.
            await owner.execute("alter table catalog.community rename column slug to slug_before")
            await owner.close()
            answer = await ask.post(ANYBODY, f'{{ c: community(slug: "{planted}") {{ slug }} }}')
    assert answer.status_code == 500
    (error,) = answer.json()["errors"]
    assert error["message"] == "Internal server error."
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    ours = [record for record in caplog.records if record.name.startswith(("cohorte", "uvicorn", "strawberry"))]
    written = "\n".join(logging.Formatter("%(message)s").format(record) for record in ours)
    assert planted.lower() not in written.lower()
    assert patient.token is not None
    assert patient.token not in written
    faults = [json.loads(record.getMessage()) for record in ours if record.name == "cohorte.faults"]
    assert [(fault["id"], fault["error"]) for fault in faults] == [(error["extensions"]["id"], "UndefinedColumnError")]


async def test_each_operation_is_logged_in_one_line(dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "cohorte.operations"):
        async with serving(dsn) as ask:
            await ask(ANYBODY, WHO)
            await ask(ANYBODY, "{ nothing }")
    records = [record.getMessage() for record in caplog.records if record.name == "cohorte.operations"]
    lines = [json.loads(line) for record in records for line in record.split("\n")]
    assert all(line.pop("ms") > 0 for line in lines)
    assert lines == [
        {"view": "public", "type": "query", "document": lines[0]["document"], "status": 200, "codes": []},
        {"view": "public", "type": None, "document": None, "status": 400, "codes": ["GRAPHQL_VALIDATION_FAILED"]},
    ]
    assert len(lines[0]["document"]) == 16
