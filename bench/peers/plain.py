"""The workloads' graph in plain Strawberry: a resolver for each field, dataloaders, and asyncpg."""

import os
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.schema.config import StrawberryConfig
from strawberry.types.info import Info

T = TypeVar("T")
Hidden = strawberry.Private[Any]
STATEMENTS = dict(
    block.split("\n", 1)
    for block in (Path(__file__).parent / "loaders.sql").read_text(encoding="utf-8").split("-- name: ")[1:]
)


class Loaders:
    """A dataloader for each statement and size of page, for one request."""

    def __init__(self, pool: Any, member: str | None) -> None:
        self.pool, self.member = pool, member
        self.known: dict[tuple[str, int | None], DataLoader[str, list[Any]]] = {}

    async def many(self, made: type[T], name: str, key: Any, first: int | None = None) -> list[T]:
        if (name, first) not in self.known:
            self.known[name, first] = DataLoader(lambda keys: self.read(name, keys, first))
        # A row's columns are the type's fields, but for the key.
        return [made(**row) for row in await self.known[name, first].load(str(key))]

    async def one(self, made: type[T], name: str, key: Any) -> T | None:
        found = [] if key is None else await self.many(made, name, key)
        return found[0] if found else None

    async def expected(self, made: type[T], name: str, key: Any) -> T:
        return (await self.many(made, name, key))[0]

    async def read(self, name: str, keys: list[str], first: int | None) -> list[list[dict[str, Any]]]:
        values = [] if first is None else [first]
        found = defaultdict(list)
        for row in await self.pool.fetch(STATEMENTS[name], keys, *values):
            columns = dict(row)
            found[str(columns.pop("key"))].append(columns)
        return [found[key] for key in keys]


def loaders(info: Info) -> Loaders:
    found: Loaders = info.context["loaders"]
    return found


@strawberry.enum
class Interval(Enum):
    WEEK = "week"


@strawberry.type
class Member:
    pseudonym: str


@strawberry.type
class Post:
    body: str | None
    createdAt: str
    author_id: Hidden

    @strawberry.field
    async def author(self, info: Info) -> Member | None:
        return await loaders(info).one(Member, "member", self.author_id)


@strawberry.type
class Discussion:
    discussion: Hidden
    id: strawberry.ID
    title: str
    postCount: int
    lastPostAt: str
    author_id: Hidden

    @strawberry.field
    async def author(self, info: Info) -> Member | None:
        return await loaders(info).one(Member, "member", self.author_id)

    @strawberry.field
    async def lastPost(self, info: Info) -> Post | None:
        return await loaders(info).one(Post, "last_post", self.discussion)


@strawberry.type
class Discussions:
    nodes: list[Discussion]


@strawberry.type
class Community:
    community: Hidden
    name: str
    memberCount: int

    @strawberry.field
    async def discussions(self, info: Info, first: int) -> Discussions:
        return Discussions(nodes=await loaders(info).many(Discussion, "discussions", self.community, first))


@strawberry.type
class Indicator:
    name: str
    unit: str | None
    kind: str


@strawberry.type
class Observation:
    observedOn: str
    value: float
    byRelative: bool
    indicator_id: Hidden

    @strawberry.field
    async def indicator(self, info: Info) -> Indicator:
        return await loaders(info).expected(Indicator, "indicator", self.indicator_id)


@strawberry.type
class Observations:
    nodes: list[Observation]


@strawberry.type
class Latest:
    value: float
    observedOn: str


@strawberry.type
class Point:
    startsOn: str
    mean: float
    minimum: float
    maximum: float
    count: int


@strawberry.type
class Series:
    series: Hidden
    indicator_id: Hidden

    @strawberry.field
    async def indicator(self, info: Info) -> Indicator:
        return await loaders(info).expected(Indicator, "indicator", self.indicator_id)

    @strawberry.field
    async def latest(self, info: Info) -> Latest | None:
        return await loaders(info).one(Latest, "latest", self.series)

    @strawberry.field
    async def points(self, info: Info) -> list[Point]:
        return await loaders(info).many(Point, "points", self.series)


@strawberry.type
class NamedTreatment:
    name: str


@strawberry.type
class Satisfaction:
    satisfaction: int


@strawberry.type
class Course:
    course: Hidden
    treatment_id: Hidden
    status: str
    startedOn: str
    endedOn: str | None

    @strawberry.field
    async def treatment(self, info: Info) -> NamedTreatment:
        return await loaders(info).expected(NamedTreatment, "treatment", self.treatment_id)

    @strawberry.field
    async def evaluation(self, info: Info) -> Satisfaction | None:
        return await loaders(info).one(Satisfaction, "evaluation", self.course)


@strawberry.type
class Dashboard:
    @strawberry.field
    async def series(self, info: Info) -> list[Series]:
        return await loaders(info).many(Series, "series", loaders(info).member)

    @strawberry.field
    async def courses(self, info: Info) -> list[Course]:
        return await loaders(info).many(Course, "courses", loaders(info).member)


@strawberry.type
class Me:
    @strawberry.field
    async def dashboard(self, interval: Interval = Interval.WEEK) -> Dashboard:
        return Dashboard()

    @strawberry.field
    async def observations(self, info: Info, first: int) -> Observations:
        return Observations(nodes=await loaders(info).many(Observation, "observations", loaders(info).member, first))


@strawberry.type
class SideEffect:
    indicator_id: Hidden
    severity: str
    serious: bool

    @strawberry.field
    async def indicator(self, info: Info) -> Indicator:
        return await loaders(info).expected(Indicator, "indicator", self.indicator_id)


@strawberry.type
class EvaluatedCourse:
    startedOn: str
    endedOn: str | None
    dose: str | None


@strawberry.type
class Evaluation:
    evaluation: Hidden
    member_id: Hidden
    course_id: Hidden
    evaluatedOn: str
    effectiveness: int
    convenience: int
    satisfaction: int
    comment: str | None

    @strawberry.field
    async def member(self, info: Info) -> Member:
        return await loaders(info).expected(Member, "member", self.member_id)

    @strawberry.field
    async def course(self, info: Info) -> EvaluatedCourse:
        return await loaders(info).expected(EvaluatedCourse, "course", self.course_id)

    @strawberry.field
    async def sideEffects(self, info: Info) -> list[SideEffect]:
        return await loaders(info).many(SideEffect, "side_effects", self.evaluation)


@strawberry.type
class Evaluations:
    nodes: list[Evaluation]


@strawberry.type
class Treatment:
    treatment: Hidden
    name: str

    @strawberry.field
    async def evaluations(self, info: Info, first: int) -> Evaluations:
        key = f"{self.treatment} {loaders(info).member}"
        return Evaluations(nodes=await loaders(info).many(Evaluation, "evaluations", key, first))


@strawberry.type
class Category:
    code: str
    label: str


@strawberry.type
class Bounds:
    low: float
    high: float


@strawberry.type
class Cell:
    cell: Hidden
    category_key: Hidden
    count: int | None
    marginOfError: int
    share: float | None
    low: Hidden
    high: Hidden
    reliability: str

    @strawberry.field
    async def category(self, info: Info) -> Category:
        return await loaders(info).expected(Category, "category", self.category_key)

    @strawberry.field
    async def by(self, info: Info) -> list[Category]:
        return await loaders(info).many(Category, "categories_by", self.cell)

    @strawberry.field
    async def interval(self) -> Bounds | None:
        return None if self.low is None else Bounds(low=self.low, high=self.high)


@strawberry.type
class Insight:
    insight: Hidden

    @strawberry.field
    async def cells(self, info: Info) -> list[Cell]:
        return await loaders(info).many(Cell, "cells", self.insight)


@strawberry.type
class Query:
    @strawberry.field
    async def community(self, info: Info, slug: str) -> Community | None:
        return await loaders(info).one(Community, "community", slug)

    @strawberry.field
    async def treatment(self, info: Info, slug: str) -> Treatment | None:
        return await loaders(info).one(Treatment, "treatment_called", slug)

    @strawberry.field
    async def insight(self, id: strawberry.ID) -> Insight:
        return Insight(insight=id.partition("_")[2])

    @strawberry.field
    async def me(self) -> Me:
        return Me()


schema = strawberry.Schema(Query, config=StrawberryConfig(auto_camel_case=False))
pools: list[Any] = []


class Plain(GraphQL[Any, None]):
    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Any:
        return {"loaders": Loaders(pools[0], request.headers.get("x-member"))}


async def as_text(connection: Any) -> None:
    """Dates stay the text that PostgreSQL sends: parsing them would only cost time."""
    for name in ("date", "timestamptz"):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=str, decoder=str)
    await connection.set_type_codec("uuid", schema="pg_catalog", encoder=str, decoder=str)


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    size = int(os.environ["BENCH_POOL"])
    async with asyncpg.create_pool(
        os.environ["BENCH_DATABASE_URL"],
        min_size=size,
        max_size=size,
        init=as_text,
        server_settings={"timezone": "UTC"},
    ) as pool:
        pools.append(pool)
        yield


app = Starlette(routes=[Route("/graphql", Plain(schema), methods=["POST"])], lifespan=lifespan)

if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, port=int(os.environ["BENCH_PORT"]), loop="uvloop", access_log=False, log_level="warning")
