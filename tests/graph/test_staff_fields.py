"""Which fields of the manager view have values for each role of staff: every field is classified."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import asyncpg

from models.database import Connection
from models.identity.accounts import StaffRole
from models.logins import open_roles, pool
from models.security.read_rules import open_tables
from models.viewers import Audience, Viewer
from planner.operations import Planner
from schema.build import View
from tests.graph.test_every_field import Reads, Written, answered, inserted, near_and_far, of_rows, values_in
from tests.support.callers import User
from tests.support.client import views
from tests.support.documents import elsewhere
from tests.support.network import Network

Roles = frozenset[StaffRole]
MANAGER, MODERATOR, STEWARD, EDITOR, ADMINISTRATOR = (frozenset({role}) for role in StaffRole)
RESEARCH = MANAGER | STEWARD
ALL = frozenset(StaffRole)
# The fields of each type, by the roles that can get a value. To others they are null or empty, or nothing leads there.
# Connections and edges have the roles of their items. Members other than associations are for moderators alone.
READS: Mapping[str, Mapping[Roles, str]] = {
    "Association": {
        ALL: "description descriptions email fullName id member phone postalAddress website",
        MODERATOR: "verifications",
    },
    "AssociationDescription": {ALL: "language text"},
    "Appeal": {MODERATOR: "createdAt id post resolution resolvedAt status text"},
    "CatalogueChange": {EDITOR | ADMINISTRATOR: "after before changedAt changedBy field id subject"},
    "CatalogueProposal": {
        EDITOR: "community condition decidedOn description id indicator kind name proposedOn reason status treatment",
    },
    "Category": {ALL: "code codes label merges value"},
    "Cell": {RESEARCH: "by category count interval marginOfError reliability share shareReliability"},
    "CohortReadiness": {ALL: "consenting needed ready"},
    "Community": {
        ALL: "associations condition contacts countedOn datasets description discussions id indicators insights "
        "matched memberCount members mergedInto name original readiness searchWords slug status surveys "
        "translations treatments version",
        MODERATOR: "ambassadors pinned",
    },
    "Condition": {ALL: "hpo icd10 id matched name original orpha retiredOn translations version"},
    "DataUse": {
        ALL: "community cost counted dataset datasetTitle id ledgerEntry organization publishedAt purpose purposeKind "
        "results synthetic variables",
        RESEARCH: "insight",
    },
    "Dataset": {
        ALL: "budget collectedFrom community endedOn endsOn frozenOn howToRequest id insights kind languages offeredTo "
        "progress size status survey synthetic title variables wave",
        RESEARCH: "sizeProof",
    },
    "Discussion": {
        MODERATOR: "about author closed community createdAt id language lastPost lastPostAt postCount posts title"
    },
    "Eligibility": {ALL: "bornFrom bornTo kinds regions sexes treatments"},
    "Flag": {MODERATOR: "createdAt id note post reason resolution resolvedAt status urgent"},
    "HelpLine": {ALL: "description language name number"},
    "Indicator": {
        ALL: "hpo id kind layNames loinc matched maximum mergedInto minimum name original retiredOn scale searchWords "
        "slug translations ucum unit version"
    },
    "Insight": {
        RESEARCH: "by cells cost countedBy csv dataset id jsonStat kind ledgerEntry marginOfError "
        "precision proof publishedAt purpose reconciled requestedBy statistics synthetic totals trend variable",
    },
    "InsightTrend": {RESEARCH: "shares waves"},
    "Interval95": {RESEARCH: "high low"},
    "LedgerEntry": {ALL: "hash id line position previousHash synthetic"},
    "LedgerProof": {RESEARCH: "commitment counts ledgerEntry salt variables"},
    "Licence": {
        STEWARD: "community endsOn id organization price purpose purposeKind quota reason remaining requestedAt "
        "resultsDueOn spent startsOn status undertakings undertakingsAcceptedAt",
    },
    "Member": {
        ALL: "about association communities id joinedOn kind pseudonym verified",
        MODERATOR: "ageBand region sex suspension",
    },
    "Money": {STEWARD: "amount currency"},
    "Network": {ALL: "activeMembers communities countedOn treatmentsFollowed"},
    "Notice": {ALL: "id inForceOn language purpose text version"},
    "OptionTranslation": {ALL: "label language"},
    "Organization": {ALL: "id kind name purposes users", STEWARD: "licences"},
    "OrganizationUser": {STEWARD: "email expiresAt id invitedAt isViewer joinedAt lastSignedInOn role status"},
    "PageInfo": {ALL: "endCursor hasNextPage hasPreviousPage startCursor"},
    "Post": {
        MODERATOR: "appeal author body createdAt discussion editedAt id language reactions removalReason removed "
        "removedBody"
    },
    "PrivacyNotice": {ALL: "id inForceOn language text version"},
    "PrivacyBudget": {ALL: "cap insightsLeft remaining spent"},
    "PrivacyCost": {ALL: "delta epsilon microRho"},
    "Question": {
        ALL: "bins help id key kind maxChoices maximum minimum options original position required text translations "
        "visibleWhen"
    },
    "QuestionOption": {ALL: "code label original translations"},
    "QuestionTranslation": {ALL: "help language text"},
    "ReactionCount": {MODERATOR: "count reaction"},
    "ReadingAlert": {MODERATOR: "day id member"},
    "ReconciledTable": {RESEARCH: "asOf cells releases statistics"},
    "TrendWave": {RESEARCH: "frozenOn insight marginOfError publishedAt title wave"},
    "ShareTrend": {RESEARCH: "by category points"},
    "ResultLink": {ALL: "addedAt ledgerEntry url"},
    "Staff": {ALL: "changes hasSecondFactor id lastSignedInOn name roles status withheldRoles"},
    "StaffChange": {ADMINISTRATOR: "changedAt changedBy id kind roles staff"},
    "MissingTranslation": {EDITOR | MANAGER: "field language option subject text"},
    "Statistic": {RESEARCH: "by interval measure reliability value"},
    "Survey": {
        ALL: "cap closesOn community dataset description eligibility guess id minimumParticipants noDataset offeredTo "
        "opensOn original questions revision status title translations version",
        MANAGER: "progress",
    },
    "SurveyProgress": {MANAGER: "completed countedOn eligible invited started"},
    "SurveyTranslation": {ALL: "description language title"},
    "Suspension": {MODERATOR: "createdAt id reason until"},
    "Terms": {ALL: "id inForceOn language text version"},
    "Total": {RESEARCH: "by count marginOfError sum sumMarginOfError unknown unknownMarginOfError"},
    "Translation": {ALL: "description language name"},
    "IndicatorTranslation": {ALL: "language layNames name unit"},
    "Treatment": {
        ALL: "atc id inn insights kind matched mergedInto name nationalCode original retiredOn searchWords slug "
        "translations version"
    },
    "MatchedName": {ALL: "language name"},
    "Undertakings": {ALL: "language text version"},
    "TerminologyCode": {ALL: "code system"},
    "Variable": {
        ALL: "baseline categories categorization codes description direction group groupingName groupingOf groupings "
        "id label maxPerMember name ordinal question scale unit window"
    },
    "SecondFactor": {ALL: "createdAt id kind lastUsedOn name"},
    "Verification": {MODERATOR: "createdAt decidedBy fullName id reason verified"},
    "Viewer": {
        ALL: "audience id locale recoveryCodesLeft secondFactors staff",
        ADMINISTRATOR: "erasuresLate",
    },
    "VisibilityRule": {ALL: "operator question values"},
}


def classified(view: View) -> dict[tuple[str, str], Roles]:
    """The roles that can get a value of each field of the view."""
    found = {
        (kind, name): roles
        for kind, fields in READS.items()
        for roles, names in fields.items()
        for name in names.split()
    }
    for kind, name in of_rows(view):
        item = kind.removesuffix("Connection").removesuffix("Edge")
        if item != kind and item in READS:
            reached = found[item, "text" if item == "MissingTranslation" else "id"]  # which has no id
            found[kind, name] = ALL if name == "pageInfo" and kind not in BELOW else reached
    return found


BELOW = {"PostConnection"}  # that only objects of some roles lead to


def test_every_field_is_classified_by_role() -> None:
    view = views()[Audience.MANAGER]
    mend = "say which roles can read these, in READS in tests/graph/test_staff_fields.py"
    assert of_rows(view) == set(classified(view)), mend


class Prepared:
    """A connection on which a statement is planned once, for all roles: that takes most of the time."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.one_at_a_time = connection, asyncio.Lock()
        self.statements: dict[str, asyncpg.prepared_stmt.PreparedStatement[asyncpg.Record]] = {}

    async def fetchval(self, query: str, *args: Any) -> Any:
        async with self.one_at_a_time:
            if query not in self.statements:
                self.statements[query] = await self.connection.prepare(query)
            return await self.statements[query].fetchval(*args)


@near_and_far
async def test_each_role_gets_values_of_its_fields_and_of_no_other(fresh: str, written: Written) -> None:
    await open_roles(fresh)
    network, view = await inserted(fresh), views()[Audience.MANAGER]
    viewer, expected = network.viewers[Audience.MANAGER], classified(view)
    documents = [*written(view._schema, network.values), *elsewhere(view._schema)]
    planner = Planner(view._schema, Audience.MANAGER, open_tables=open_tables(Audience.MANAGER))
    connections = await pool(fresh, Audience.MANAGER, 1, 30.0)
    owner = await asyncpg.connect(fresh)
    try:
        async with connections.acquire() as connection:
            prepared = Prepared(connection)
            for roles in (*({role} for role in StaffRole), set()):
                await owner.execute("UPDATE identity.staff SET roles = $1", [role.value for role in roles])
                given = await values_for(planner, prepared, documents, viewer)
                names = {
                    field for field, allowed in expected.items() if allowed & roles or (not roles and allowed == ALL)
                }
                names -= set() if roles else {("Staff", "roles")}
                assert (roles, given & set(expected) - names, names - given) == (roles, set(), set())
    finally:
        await connections.close()
        await owner.close()


async def values_for(
    planner: Planner, connections: Reads, documents: list[str], viewer: Viewer
) -> set[tuple[str, str]]:
    given: set[tuple[str, str]] = set()
    for document in documents:
        given |= values_in(await answered(planner, connections, document, viewer))
    return given


async def test_a_refusal_names_the_role_that_is_needed(network: Network, survey_manager: User, steward: User) -> None:
    refusals: dict[str, tuple[User, dict[str, Any], StaffRole]] = {
        "discussionClose": (survey_manager, {"discussion": f"dis_{uuid4()}", "closed": True}, StaffRole.MODERATOR),
        "surveySchedule": (steward, {"survey": f"svy_{uuid4()}"}, StaffRole.SURVEY_MANAGER),
        "licenceDecide": (survey_manager, {"licence": f"lic_{uuid4()}", "granted": False}, StaffRole.DATA_STEWARD),
    }
    for mutation, (who, given, role) in refusals.items():
        [error] = (await network.answer(who, mutation, "__typename", **given))["errors"]
        assert error["message"] == f"This requires the role {role.value}. An administrator can give it to you."
        assert error["extensions"] == {"code": "FORBIDDEN", "role": role.value}
