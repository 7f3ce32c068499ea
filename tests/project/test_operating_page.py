"""docs/operating.md states how many connections a server opens, as the code counts them."""

import re
from pathlib import Path

from models.viewers import Audience
from server.databases.server_connections import APART, OTHERS, database_connections
from settings import Settings

PAGE = (Path(__file__).parents[2] / "docs/operating.md").read_text(encoding="utf-8")
POOL = Settings().pool_size
BESIDES_POOLS = database_connections(Settings()) - len(Audience) * POOL


def test_the_page_states_what_a_server_opens() -> None:
    stated = re.findall(r"4 × `COHORTE_POOL_SIZE` \+ (\d+)", PAGE)
    assert len(Audience) == 4
    assert stated == [str(BESIDES_POOLS)] * 2


def test_the_page_states_what_standbys_add() -> None:
    replicated = Settings.model_validate({"read_url": "postgresql://a:b@standby/cohorte"})
    assert database_connections(replicated) - database_connections(Settings()) == 1
    assert len(re.findall(r"\+ \d+(?: connections)?, (?:and )?one more with standbys", PAGE)) == 2


def test_the_page_states_what_a_pooler_allows_the_role_of_the_public_view() -> None:
    apart = sum(APART.values()) + OTHERS["public"]
    assert f"`COHORTE_POOL_SIZE` and {apart} more as the public view's role, {apart + 1} with standbys" in PAGE
