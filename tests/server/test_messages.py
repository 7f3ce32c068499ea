"""What a person reads in a response is in the language of their request; what developers read is in English."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
import pytest_asyncio
from graphql import ExecutionResult, GraphQLError

from models.identity.accounts import StaffRole
from models.languages import Language
from models.viewers import ANYBODY
from resolvers.transactions import OutcomeUnknown, Overloaded
from server.http.problems import no_file, problem
from server.operations import errors
from server.operations.errors import RequestError
from server.operations.results import response_of
from tests import factories
from tests.support.callers import User
from tests.support.network import Network

ERRORS = "userErrors { code message path }"
MESSAGES = {Language.EN: "The discussion is closed.", Language.FR: "La discussion est close."}


@pytest.fixture
def speaks(monkeypatch: pytest.MonkeyPatch) -> Callable[[Language], None]:
    """A function that sets the language of the requests that follow."""
    return lambda language: monkeypatch.setattr("models.viewers.DEFAULT", language)


@pytest_asyncio.fixture(scope="module")
async def community(network: Network) -> UUID:
    """Yields a community's id."""
    found: UUID = (await factories.community(network.database))["id"]
    return found


@pytest_asyncio.fixture(scope="module")
async def ada(network: Network, community: UUID) -> User:
    """Yields a member of the community."""
    return await network.member(community)


def test_a_request_is_in_english_unless_it_says_otherwise() -> None:
    assert ANYBODY.reads_in is Language.EN


@pytest.mark.parametrize("language", Language)
async def test_a_refusal_is_in_the_language_of_the_request(
    network: Network, community: UUID, ada: User, speaks: Callable[[Language], None], language: Language
) -> None:
    discussion = await factories.discussion(network.database, community_id=community, closed=True)
    speaks(language)
    payload = await network.do(ada, "postAdd", ERRORS, discussion=f"dis_{discussion['id']}", body="Hello.")
    (error,) = payload["userErrors"]
    assert (error["code"], error["message"]) == ("TOO_LATE", MESSAGES[language])
    assert error["path"] == ["input", "discussion"]


async def test_every_fault_of_an_input_is_in_the_language_with_its_values(
    network: Network, ada: User, speaks: Callable[[Language], None]
) -> None:
    speaks(Language.FR)
    payload = await network.do(
        ada, "discussionStart", ERRORS, community=f"com_{uuid4()}", title="x" * 200, body="x" * 20_000
    )
    assert {error["path"][-1]: error["message"] for error in payload["userErrors"]} == {
        "title": "La limite est de 150 caractères.",
        "body": "La limite est de 10\u202f000 caractères.",
        "community": "Cet élément n’existe pas, ou vous n’y avez pas accès.",
    }


async def test_a_value_that_cannot_be_read_is_refused_in_the_language(
    network: Network, ada: User, speaks: Callable[[Language], None]
) -> None:
    speaks(Language.FR)
    given = {"treatment": f"trt_{uuid4()}", "startedOn": "31/01/2026"}
    payload = await network.do(ada, "courseStart", ERRORS, **given)
    assert "Saisissez un jour au format AAAA-MM-JJ." in [error["message"] for error in payload["userErrors"]]


async def test_a_repeated_request_is_refused_in_the_language_of_the_repetition(
    network: Network, ada: User, speaks: Callable[[Language], None]
) -> None:
    given = {"pseudonym": "a@b.example", "clientMutationId": str(uuid4())}
    english = (await network.do(ada, "profileUpdate", ERRORS, **given))["userErrors"]
    speaks(Language.FR)
    french = (await network.do(ada, "profileUpdate", ERRORS, **given))["userErrors"]
    assert english[0]["message"].startswith("A pseudonym must not contain @:")
    assert french[0]["message"].startswith("Un pseudonyme ne doit pas contenir @\u00a0:")


async def test_a_key_used_for_another_input_is_refused_in_the_language(
    network: Network, ada: User, speaks: Callable[[Language], None]
) -> None:
    key = str(uuid4())
    assert (await network.do(ada, "profileUpdate", ERRORS, about="One.", clientMutationId=key))["userErrors"] == []
    speaks(Language.FR)
    payload = await network.do(ada, "profileUpdate", ERRORS, about="Another.", clientMutationId=key)
    (error,) = payload["userErrors"]
    assert error["message"] == "Ce clientMutationId a déjà été utilisé avec d’autres données."


async def test_a_question_refuses_in_the_language_at_the_top_and_within(
    network: Network, ada: User, speaks: Callable[[Language], None]
) -> None:
    speaks(Language.FR)
    buyer = await network.buyer()
    quote = "query ($input: InsightQuoteInput!) { insightQuote(input: $input) { affordable } }"
    given = {"dataset": f"dat_{uuid4()}", "variable": "q", "precision": "WITHIN_20"}
    (error,) = (await network.ask(buyer, quote, {"input": given}))["errors"]
    assert error["message"] == "Cet élément n’existe pas, ou vous n’y avez pas accès."
    assert [each["message"] for each in error["extensions"]["userErrors"]] == [error["message"]]
    check = "query ($input: SurveyCheckInput!) { surveyCheck(input: $input) { userErrors { message } } }"
    answer = await network.ask(ada, check, {"input": {"survey": f"svy_{uuid4()}", "answers": []}})
    assert [each["message"] for each in answer["data"]["surveyCheck"]["userErrors"]] == [error["message"]]


async def test_who_lacks_a_role_reads_its_name(network: Network, speaks: Callable[[Language], None]) -> None:
    speaks(Language.FR)
    staff = await network.staff(StaffRole.SURVEY_MANAGER)
    given = {"member": f"mbr_{uuid4()}", "communities": 1}
    answer = await network.answer(staff, "memberAllowCommunities", ERRORS, **given)
    (error,) = answer["errors"]
    assert error["message"] == (
        "Cette action est réservée au rôle «\u00a0modération\u00a0». L’administration peut vous l’attribuer."
    )
    assert error["extensions"] == {"code": "FORBIDDEN", "role": "MODERATOR"}


async def test_errors_for_developers_stay_in_english(
    network: Network, ada: User, speaks: Callable[[Language], None]
) -> None:
    speaks(Language.FR)
    (error,) = (await network.ask(ada, "{ nothing }"))["errors"]
    assert error["message"].startswith("Cannot query field")


def sent(error: RequestError) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(error.body)["errors"][0]
    return found


FOR_PEOPLE = {
    "rate": errors.rate_limited("posts", 1_000, 600, 1, ()),
    "reading": errors.too_many_members(1_000, 0, 1, datetime.now(UTC) + timedelta(hours=1)),
    "the rest of the day": errors.too_many_members(1_000, 20, 40, datetime.now(UTC) + timedelta(hours=1)),
    "session": errors.unauthenticated(),
    "load": errors.overloaded(),
    "stop": errors.shutting_down(),
    "time": errors.timed_out("request_seconds", 2.5),
    "fault": errors.internal()[0],
    "file": no_file(),
}


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_a_refused_request_is_in_the_language_and_otherwise_the_same(name: str) -> None:
    english = FOR_PEOPLE[name]
    french = english.in_language(Language.FR)
    assert english.in_language(Language.EN) is english
    assert sent(french)["message"] != sent(english)["message"]
    assert sent(french)["extensions"] == sent(english)["extensions"]
    assert (french.status, french.headers, french.codes) == (english.status, english.headers, english.codes)
    assert french.lenient is english.lenient
    detail = orjson.loads(problem(english, Language.FR).body)["detail"]
    assert detail == sent(french)["message"]


def test_the_cost_of_a_refused_request_is_kept() -> None:
    error = errors.unauthenticated()
    body = error.body[:-1] + b',"extensions":{"cost":{"requested":1}}}'
    assert orjson.loads(error.with_body(body).in_language(Language.FR).body)["extensions"]["cost"] == {"requested": 1}


def test_a_request_refused_for_developers_is_the_same_in_every_language() -> None:
    for error in (errors.too_many_streams(2), errors.too_much_planning(2, 2, 1), errors.unknown_topic()):
        assert error.in_language(Language.FR) is error


def test_a_field_that_is_refused_has_the_cause_without_the_advice() -> None:
    error = GraphQLError("", path=["postAdd"])
    limit = errors.rate_limited("posts", 1_000, 600, 5, ())
    entry = errors.field_failure(error, limit, Language.FR)
    assert entry["message"] == "Trop de demandes de ce type\u00a0: la limite est de 1\u202f000 en 600 secondes."
    assert errors.field_failure(error, limit, Language.EN)["message"] == (
        "Too many requests of this kind: the limit is 1,000 in 600 seconds."
    )


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        (ValueError("secret"), "Erreur interne du serveur."),
        (OutcomeUnknown(), "La connexion à la base de données"),
        (Overloaded(), "Le serveur est surchargé."),
    ],
)
def test_a_field_that_fails_has_its_error_in_the_language(cause: Exception, message: str) -> None:
    failed = GraphQLError("", path=["postAdd"], original_error=cause)
    body, _ = response_of(ExecutionResult({"postAdd": None}, [failed]), Language.FR, committed=True)
    (error,) = orjson.loads(body)["errors"]
    assert error["message"].startswith(message)
    assert error["path"] == ["postAdd"]
