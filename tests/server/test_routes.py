"""The routes beside the graph (SDL, health), and introspection."""

import asyncpg
from graphql import get_introspection_query

from tests.server.test_edge import asking, refused
from tests.support.client import ANYBODY, Ask, serving


async def test_introspection_requires_signing_in_except_in_a_demonstration(ask: Ask, dsn: str) -> None:
    answer = await ask(ANYBODY, get_introspection_query(input_value_deprecation=True))
    names = {one["name"] for one in answer["data"]["__schema"]["types"]}
    assert "Community" in names
    assert "Me" not in names
    async with serving(dsn, demo=False) as closed:
        for query in (get_introspection_query(), '{ __type(name: "Query") { name } }'):
            status, error = await refused(closed, asking(query))
            assert (status, error["extensions"]["code"]) == (400, "GRAPHQL_VALIDATION_FAILED")
        assert await closed(ANYBODY, "{ __typename }") == {"data": {"__typename": "Query"}}


async def test_introspection_results_depend_on_the_variables(ask: Ask) -> None:
    query = "query ($name: String!) { __type(name: $name) { name } }"
    for name in ("Community", "Condition", "Community"):
        assert await ask(ANYBODY, query, {"name": name}) == {"data": {"__type": {"name": name}}}


async def test_each_view_serves_its_sdl(ask: Ask) -> None:
    sdl = {view: await ask.http.get(f"/schema/{view}.graphql") for view in ("public", "patient", "buyer", "manager")}
    assert {view: answer.status_code for view, answer in sdl.items()} == dict.fromkeys(sdl, 200)
    assert {view for view, answer in sdl.items() if "type Me " in answer.text} == {"patient"}
    assert (await ask.http.get("/schema/nobody.graphql")).status_code == 404


async def test_health_is_reported_as_json(ask: Ask) -> None:
    assert (await ask.http.get("/healthz")).json() == {"alive": True}
    assert (await ask.http.get("/readyz")).json() == {"ready": True}
    for answer, status in ((await ask.http.get("/nowhere"), 404), (await ask.http.post("/healthz"), 405)):
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, "BAD_USER_INPUT")


async def test_no_response_leads_to_the_host_that_a_client_has_written(ask: Ask) -> None:
    for path in ("/healthz/", "/graphiql/", "/graphql/", "/schema/public.graphql/", "//evil.example/healthz/"):
        answer = await ask.http.get(path, headers={"host": "evil.example"})
        assert (answer.status_code, "evil.example" in str(answer.headers) + answer.text) == (404, False)


async def test_a_database_with_pending_migrations_is_not_ready(fresh: str) -> None:
    async with serving(fresh) as ask:
        owner = await asyncpg.connect(fresh)
        await owner.execute("update public.migration set version_num = '0001'")
        answer = await ask.http.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"ready": False})
        await owner.execute("drop table public.migration")
        assert (await ask.http.get("/readyz")).status_code == 503
        await owner.close()
