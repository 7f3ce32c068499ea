"""The limit: a bare ASGI function that sends the JSON of one handwritten statement, as PostgreSQL builds it.

It has no authentication, no validation and no GraphQL. The difference to a server is that server's cost.
"""

import os
from typing import Any

import asyncpg

PAGE = """
SELECT row_to_json(o)::text FROM (
  SELECT (SELECT row_to_json(o) FROM (
    SELECT (SELECT row_to_json(o) FROM (
      SELECT (SELECT coalesce(json_agg(o), '[]') FROM (
        SELECT 'dis_' || d.id::text AS id, d.title, d.post_count AS "postCount", d.last_post_at AS "lastPostAt",
          (SELECT row_to_json(o) FROM (SELECT m.pseudonym FROM care.member m WHERE m.id = d.author_id) o) AS author,
          (SELECT row_to_json(o) FROM (
            SELECT p.body, p.created_at AS "createdAt",
              (SELECT row_to_json(o) FROM (SELECT m.pseudonym FROM care.member m WHERE m.id = p.author_id) o) AS author
            FROM care.post p WHERE p.discussion_id = d.id
            ORDER BY p.created_at DESC, p.id DESC LIMIT 1) o) AS "lastPost"
        FROM care.discussion d WHERE d.community_id = c.id ORDER BY d.last_post_at DESC, d.id DESC LIMIT 20
      ) o) AS nodes) o) AS discussions
    FROM catalog.community c WHERE c.slug = $1) o) AS community) o
"""
TINY = """
SELECT row_to_json(o)::text FROM (
  SELECT (SELECT row_to_json(o) FROM (
    SELECT c.name, c.member_count AS "memberCount" FROM catalog.community c WHERE c.slug = $1) o) AS community) o
"""
STATEMENTS = {"/page": PAGE, "/tiny": TINY}
CONNECTIONS = 4

free: list[dict[str, Any]] = []


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    await receive()
    prepared = free.pop() if free else await connect()  # one connection for each concurrent request
    text = await prepared[scope["path"]].fetchval("multiple-sclerosis")
    free.append(prepared)
    body = b'{"data":' + text.encode() + b"}"
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def live(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            free.extend([await connect() for _ in range(CONNECTIONS)])
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def connect() -> dict[str, Any]:
    connection = await asyncpg.connect(os.environ["BENCH_DATABASE_URL"], server_settings={"timezone": "UTC"})
    return {path: await connection.prepare(sql) for path, sql in STATEMENTS.items()}
