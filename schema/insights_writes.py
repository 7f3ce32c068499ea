"""The only place for what spends budgets as the graph offers it: freezing waves, asking a price, publishing."""

from uuid import UUID

import strawberry
from graphql import GraphQLError

from models.organizations import OrganizationKind
from models.viewers import Viewer
from planner.declare import graph_type, sql
from privacy.budget import FLOOR
from privacy.precision import Precision
from resolvers import datasets, freezing, publications, quotes
from resolvers.publishing import publish
from resolvers.quotes import BudgetExhausted, Question, Quote
from resolvers.writing import Connection, Made, RefusalCode, Refused
from schema.access import BUYER, MANAGER
from schema.context import Context
from schema.datasets import Dataset
from schema.errors import UserError
from schema.insights import Insight
from schema.organizations import PrivacyCost
from schema.writing import Outcome, Payload, carry_out, client_mutation_id, id_of, id_or_none, refuse_unwritable_text

Info = strawberry.Info[Context, None]
TOO_FEW = f"Fewer than {FLOOR} could be enrolled: the dataset is not made. Try again once more members consent."


@strawberry.input(description="An insight: one variable of a dataset, by others. To filter by one, ask by it.")
class InsightInput:
    dataset: strawberry.ID = strawberry.field(description="The dataset.")
    variable: str = strawberry.field(description="The name of the variable that is counted.")
    by: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="The names of the variables that it is counted by, at most two."
    )
    precision: Precision = strawberry.field(description="How near each count comes to the truth, which is what costs.")
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="A wave of a community's tracking to freeze.")
class WaveFreezeInput:
    community: strawberry.ID = strawberry.field(description="Whose tracking.")
    wave: str = strawberry.field(description="What it is called, such as `2026`: at most 60 characters.")
    offered_to: list[OrganizationKind] = strawberry.field(
        description="The kinds of organization that may ask it, at least one: members who allow all of them are in it."
    )
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=BUYER | MANAGER)
class InsightQuote:
    """What an insight would cost the viewer: free, and computed without looking at anybody's data."""

    micro_rho: strawberry.Private[int]
    remaining_micro_rho: strawberry.Private[int]
    insight_ids: strawberry.Private[list[UUID]]
    cost: PrivacyCost = sql(publications.cost_of, "What would be charged: nothing for what has been published.")
    affordable: bool = strawberry.field(description="Whether what is left to the viewer suffices for it.")
    already_published: bool = strawberry.field(description="Whether it has been published, as precisely or more so.")
    cells: int = strawberry.field(description="How many cells it has.")
    margin_of_error: int = strawberry.field(description="How far each count may lie from the truth, at 95 %.")
    remaining_after: PrivacyCost = sql(
        publications.remaining_after,
        "What would be left to the viewer of the dataset's budget; where that does not suffice, what is left now.",
    )
    cheaper: list[Precision] = strawberry.field(
        description="The precisions that cost less and that what is left suffices for, the dearest first."
    )
    covered_by: list[Insight] = sql(
        publications.covering, "Published insights that answer it as precisely for nothing, the most precise first."
    )


@graph_type(audience=BUYER | MANAGER)
class InsightPublishPayload(Outcome):
    """What publishing an insight came to."""

    insight_id: strawberry.Private[UUID | None] = None
    charged_micro_rho: strawberry.Private[int | None] = None
    insight: Insight | None = sql(publications.insight_published, "The insight; null where it was refused.")
    charged: PrivacyCost | None = sql(
        publications.charge_of,
        "What it cost: nothing where it had been published before. Null where it was refused.",
    )
    quote: InsightQuote | None = strawberry.field(
        default=None, description="What would still be possible, where the budget did not suffice; else null."
    )


@graph_type(audience=MANAGER)
class WaveFreezePayload(Payload):
    """What freezing a wave came to."""

    dataset_id: strawberry.Private[UUID | None] = None
    too_few: strawberry.Private[bool] = False
    dataset: Dataset | None = sql(
        datasets.dataset_of,
        "The dataset; null where it was refused, and where too few could be enrolled: that costs what its size did.",
    )


async def insight_quote(info: Info, input: InsightInput) -> InsightQuote:
    try:
        refuse_unwritable_text(input)
        # On the view's own connection, which may count nothing.
        async with info.context.write() as connection:
            return shown(await quotes.quote_of(connection, info.context.viewer, question_of(input)))
    except Refused as refused:
        first = refused.refusals[0]
        facts = {"code": first.code.value, "argument": list(first.path)}
        raise GraphQLError(first.message, extensions=facts) from None


async def insight_publish(info: Info, input: InsightInput) -> InsightPublishPayload:
    exhausted: Quote | None = None

    async def work(connection: Connection, viewer: Viewer) -> Made:
        nonlocal exhausted
        try:
            published = await publish(connection, viewer, question_of(input))
        except BudgetExhausted as refused:
            exhausted = refused.quote
            raise
        return {"insight_id": published.insight, "charged_micro_rho": published.charged}

    payload = await carry_out(info, InsightPublishPayload, input, work, as_publisher=True)
    if exhausted is not None:
        payload.quote = shown(exhausted)
    return payload


async def wave_freeze(info: Info, input: WaveFreezeInput) -> WaveFreezePayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        community = id_of(input.community, "com", "input", "community")
        frozen = await freezing.freeze(
            connection, viewer, community=community, wave=input.wave, offered_to=input.offered_to
        )
        return {"dataset_id": frozen.dataset if frozen.open else None, "too_few": not frozen.open}

    seconds = info.context.settings.limits.freezing_seconds
    payload = await carry_out(info, WaveFreezePayload, input, work, as_publisher=True, seconds=seconds)
    if payload.too_few:
        # Not a refusal: its size has been said and charged, and that stays.
        path = ["input", "community"]
        payload.user_errors.append(UserError(code=RefusalCode.TOO_EARLY, message=TOO_FEW, path=path))
    return payload


def question_of(input: InsightInput) -> Question:
    return Question(id_or_none(input.dataset, "dst"), input.variable, input.by or (), input.precision)


def shown(quote: Quote) -> InsightQuote:
    """The quote as the graph shows it."""
    return InsightQuote(
        micro_rho=quote.cost,
        remaining_micro_rho=quote.remaining_after,
        insight_ids=list(quote.covered_by),
        affordable=quote.affordable,
        already_published=quote.already_published,
        cells=quote.cells,
        margin_of_error=quote.margin,
        cheaper=list(quote.cheaper),
    )
