"""Places of the ledger's head that hang: the server serves all but publishing, and ends in time."""

import json
import os
import signal
from pathlib import Path
from urllib.request import Request, urlopen

import asyncpg
import pytest

from resolvers.insight import ledger
from server.rollbacks.head_places import FolderPlace
from tests.commands.test_serve import JSON, served
from tests.faults.test_shutdown import END_SECONDS, WHO
from tests.support.object_store import object_store


@pytest.mark.slow
async def test_a_server_whose_places_hang_answers_and_ends_within_ten_seconds_of_sigterm(
    fresh: str, tmp_path: Path
) -> None:
    """A file that cannot be opened, as of a file system that hangs, and an address that drips without an end."""
    connection = await asyncpg.connect(fresh)
    os.mkfifo(FolderPlace(tmp_path).path(await ledger.identity(connection)))
    await connection.close()
    with object_store() as store:
        store.drips = True
        settings = {"COHORTE_DATABASE_URL": fresh, "COHORTE_LEDGER_HEADS": store.address}
        with served(tmp_path, **settings) as (process, lines):
            [address] = [line.split()[-1] for line in lines if line.startswith("GraphQL:")]
            with urlopen(Request(address, json.dumps(WHO).encode(), JSON), timeout=60) as response:
                assert response.status == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(END_SECONDS) == 0
