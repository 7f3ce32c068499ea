"""Everything that a buyer can reach from the graph's root, as a list written by hand; nothing in it is a person's."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    NameNode,
    Visitor,
    get_named_type,
    is_abstract_type,
    is_object_type,
    parse,
    visit,
)
from sqlalchemy import func

from models.insight import datasets
from models.rows import Expression, Row, row, select
from models.viewers import Audience
from planner.declare import column, graph_type, sql
from planner.operations import Planner
from schema.access import BUYER
from schema.build import View, build_views
from schema.pagination import Node
from tests.support.client import views
from tests.support.documents import every_field

# Why a type holds nothing of a person, the types, and their fields: a new field must be considered here.
REACHABLE = {
    "what the network is about": {
        "Community": "id slug name matched description status mergedInto condition memberCount countedOn indicators "
        "treatments readiness datasets insights",
        "MatchedName": "name language",
        "CohortReadiness": "consenting needed ready",  # published with noise, as memberCount
        "Condition": "id name icd10 orpha hpo retiredOn",
        "Network": "communities activeMembers treatmentsFollowed countedOn",  # members with noise
        "Indicator": "id slug name layNames matched kind scale unit minimum maximum ucum hpo loinc retiredOn "
        "mergedInto",
        "Treatment": "id slug name matched kind inn atc nationalCode retiredOn mergedInto insights",
        "Notice": "id purpose version language text inForceOn",
        "PrivacyNotice": "id version language text inForceOn",
        "HelpLine": "number language name description",
        "Terms": "id version language text inForceOn",
    },
    "what a survey asks, of nobody in particular": {
        "Survey": "id community title description status version opensOn closesOn minimumParticipants offeredTo "
        "cap guess eligibility questions dataset",
        "Eligibility": "kinds sexes bornFrom bornTo treatments regions",
        "Question": "id position key text help kind required options minimum maximum bins maxChoices visibleWhen",
        "QuestionOption": "code label",
        "VisibilityRule": "question operator values",
    },
    "organizations, and the buyer's own affairs": {
        "Organization": "id name kind purposes licences apiKeys webhooks users",
        # Whom the organization has chosen itself, at its own addresses.
        "OrganizationUser": "id email role status invitedAt expiresAt joinedAt lastSignedInOn isViewer",
        "Licence": "id organization community purpose purposeKind undertakings undertakingsAcceptedAt requestedAt "
        "startsOn endsOn resultsDueOn status reason price quota spent remaining",
        "Undertakings": "version language text",
        "Money": "amount currency",
        "ApiKey": "id name prefix createdAt lastUsedAt expiresAt",
        "Webhook": "id url description events status failingSince previousUntil createdAt deliveries",
        "WebhookDelivery": "id event status attempts failure responseStatus createdAt attemptedAt",
        "Viewer": "id audience organization organizationUser locale secondFactors recoveryCodesLeft mailedEvents",
        "SecondFactor": "id kind name createdAt lastUsedOn",  # of the account that the buyer signs in with
    },
    "what can be asked, by a public domain": {
        "Dataset": "id title kind community survey wave collectedFrom frozenOn endsOn endedOn offeredTo howToRequest "
        "languages synthetic variables size sizeProof budget insights",  # its size is noisy
        "Variable": "id name label description question group scale ordinal direction unit window baseline "
        "categorization codes categories maxPerMember groupings groupingOf groupingName",
        "Category": "code label value merges codes",
        "TerminologyCode": "system code",
        "PrivacyBudget": "cap spent remaining insightsLeft",
        "PrivacyCost": "microRho epsilon delta",
        "PrecisionPrice": "precision cost affordable",
        "QuoteObstacle": "code message",
        "QuoteSuggestion": "kind message variable categories cost",
        "InsightPlanQuote": "questions cost costOfUncovered affordable remainingAfter obstacles",
        "PlannedQuestionQuote": "quote cost sameAs coveredWith countedWith",
        "InsightQuote": "cost affordable alreadyPublished cells marginOfError remainingAfter cheaper coveredBy "
        "countedBy prices leastCountShown readableCells leastGroupForShare leastGroupForMean obstacles suggestions",
    },
    "published insights, with noise": {
        "Insight": "id dataset synthetic variable by kind countedBy precision marginOfError cost cells statistics "
        "totals reconciled comparable changeFrom trend publishedAt publishedBy requestedBy purpose ledgerEntry proof "
        "csv jsonStat",
        "Cell": "category by count marginOfError share interval reliability shareReliability",
        "Statistic": "measure by value interval reliability",
        "Total": "by count marginOfError sum sumMarginOfError unknown unknownMarginOfError",
        "ReconciledTable": "releases asOf cells statistics",
        "Change": "value interval mismatch",
        "ShareChange": "category by before after change",
        "MeanChange": "by before after change",
        "InsightChange": "by shares means",
        "TrendWave": "insight title wave frozenOn publishedAt marginOfError",
        "TrendPoint": "value interval mismatch sinceFirst sincePrevious",
        "ShareTrend": "category by points",
        "MeanTrend": "by points",
        "InsightTrend": "waves shares means",
        "Interval95": "low high",
        "DataUse": "id organization synthetic purpose purposeKind results publishedAt community datasetTitle dataset "
        "variables counted cost ledgerEntry insight",
        "ResultLink": "url addedAt ledgerEntry",
        "LedgerEntry": "id position synthetic hash previousHash line",
        "LedgerProof": "salt counts variables commitment ledgerEntry",
    },
    "what holds the rest together": {
        "Query": "node nodes viewer communities community treatments treatment indicators regions notices terms "
        "dataUses ledgerEntries undertakings survey dataset insight organization datasets insightQuote "
        "insightPlanQuote privacyNotice helpLines network",
        "Node": "id",
        "PageInfo": "hasNextPage hasPreviousPage startCursor endCursor",
        **{f"{kind}Connection": "edges nodes pageInfo" for kind in (
            "Community", "Treatment", "DataUse", "Dataset", "Insight", "LedgerEntry", "OrganizationUser"
        )},
        **{f"{kind}Edge": "cursor node" for kind in (
            "Community", "Treatment", "DataUse", "Dataset", "Insight", "LedgerEntry", "OrganizationUser"
        )},
    },
}  # fmt: skip
# The schemas of PostgreSQL that hold people's rows, but for what a buyer's own account signs in with.
PERSONAL = re.compile(
    r"\b(?:care|identity|research)\.(?!(?:second_factor|recovery_codes_left|mailed_events|account_locale)\b)"
)


def reached(schema: GraphQLSchema, root: GraphQLObjectType | None) -> set[str]:
    """Every `Type.field` that a selection can reach, through interfaces and unions too."""
    found: set[str] = set()
    waiting: list[Any] = [root]
    seen = set()
    while waiting:
        kind = waiting.pop()
        if kind is None or kind.name in seen:
            continue
        seen.add(kind.name)
        if is_abstract_type(kind):
            waiting += schema.get_possible_types(kind)
        for name, field in getattr(kind, "fields", {}).items():
            found.add(f"{kind.name}.{name}")
            inner = get_named_type(field.type)
            if is_object_type(inner) or is_abstract_type(inner):
                waiting.append(inner)
    return found


def unforeseen(schema: GraphQLSchema) -> set[str]:
    allowed = {
        f"{kind}.{name}" for kinds in REACHABLE.values() for kind, names in kinds.items() for name in names.split()
    }
    return reached(schema, schema.query_type) - allowed


class WithoutComputed(Visitor):
    """Selects `__typename` in place of each field that Python computes."""

    def enter_field(self, node: FieldNode, *_: Any) -> FieldNode | None:
        if node.name.value not in ("changeFrom", "csv", "guess", "jsonStat", "line", "reconciled", "totals", "trend"):
            return None
        return FieldNode(name=NameNode(value="__typename"), alias=None, arguments=(), directives=())


def statements(schema: GraphQLSchema) -> Iterator[str]:
    """The SQL of every planned field that a buyer may select, each of which is in one of them."""
    planner = Planner(schema, Audience.BUYER)
    values = {
        "slug": '"any"',
        "search": '"any"',
        "precision": "WITHIN_20",
        **dict.fromkeys(("survey", "dataset", "insight", "changeFrom.insight"), '"none"'),
        "node": '"ins_none"',
        "ids": '["ins_none", "com_none"]',
    }
    for text in every_field(schema, values):
        operation = planner.operation(visit(parse(text), WithoutComputed()), None)
        plan = operation.plan(operation.coerce({}))
        assert plan is not None
        yield plan.sql


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """Yields the schema of the buyer view."""
    return views()[Audience.BUYER]._schema


def test_a_buyer_reaches_only_what_this_list_contains(schema: GraphQLSchema) -> None:
    mend = "make sure that none of these is a person's, then add it to REACHABLE in tests/graph/test_reach.py"
    assert unforeseen(schema) == set(), mend


def test_the_list_contains_only_reachable_fields(schema: GraphQLSchema) -> None:
    """A removed field cannot come back without being considered."""
    there = reached(schema, schema.query_type)
    for kinds in REACHABLE.values():
        for kind, names in kinds.items():
            gone = {f"{kind}.{name}" for name in names.split()} - there
            assert gone == set(), (
                "a buyer reaches none of these: take them out of REACHABLE in tests/graph/test_reach.py"
            )


def test_a_buyers_mutations_and_subscriptions_reach_nothing_else(schema: GraphQLSchema) -> None:
    payloads = {"SignInPayload": "token viewer", "ApiKeyCreatePayload": "apiKey secret"}
    more = set[str]()
    for root in (schema.mutation_type, schema.subscription_type):
        more |= reached(schema, root) - reached(schema, schema.query_type)
    kinds = {each.partition(".")[0] for each in more}
    assert {kind for kind in kinds if not kind.endswith("Payload")} == {"Mutation", "Subscription", "UserError"}
    for kind, names in payloads.items():
        assert {f"{kind}.{name}" for name in names.split()} <= more
    leading = {
        get_named_type(field.type).name
        for kind in map(schema.type_map.get, kinds)
        if isinstance(kind, GraphQLObjectType) and kind.name.endswith("Payload")
        for field in kind.fields.values()
    }
    allowed = {kind for kinds in REACHABLE.values() for kind in kinds}
    allowed |= {"UserError", "String", "ID", "Boolean", "SecondFactorKind"}
    assert leading - allowed == set(), (
        "add to REACHABLE in tests/graph/test_reach.py what is nobody's, and nothing else"
    )


def test_no_statement_for_buyers_names_a_table_with_rows_about_people(schema: GraphQLSchema) -> None:
    found = list(statements(schema))
    assert len(found) > 12
    assert [sql for sql in found if PERSONAL.search(sql)] == []


def test_a_planted_path_to_members_is_found() -> None:
    schema = build_views()[Audience.BUYER]._schema
    member = GraphQLObjectType("Member", {"pseudonym": GraphQLField(GraphQLNonNull(GraphQLString))})
    cell = schema.type_map["Cell"]
    assert isinstance(cell, GraphQLObjectType)
    cell.fields["members"] = GraphQLField(member)
    assert unforeseen(schema) == {"Cell.members", "Member.pseudonym"}


def test_a_statement_that_counts_members_is_found() -> None:
    def counted(dataset: Row) -> Expression:
        enrolment = row(datasets.Enrolment)
        of_it = select(func.count()).select_from(enrolment).where(enrolment.dataset_id == dataset.id)
        return of_it.scalar_subquery()

    @graph_type(audience=BUYER, row=datasets.Dataset, prefix="dst")
    class Planted(Node):
        """A dataset that counts its members."""

        enrolled: int = sql(counted, "Exactly.")
        title: str = column("Its title.")

    @graph_type(audience=BUYER)
    class Query:
        """The queries."""

        planted: Planted = sql(lambda: select(row(datasets.Dataset)), "It.")

    (statement,) = statements(View(Audience.BUYER, query=Query)._schema)
    assert PERSONAL.search(statement)
