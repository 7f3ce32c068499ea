"""Results of the database's own functions, and which roles may call them."""

import math
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import logins
from models.columns import SCHEMAS
from models.security.publisher import LOGINS, PUBLISHER
from models.viewers import Audience, Login
from planner.known_ids import UNKNOWN_KEY
from privacy import noise
from privacy.budget import CAP
from tests import factories

Admin = asyncpg.Connection
PUBLIC, PATIENT, BUYER, MANAGER = Audience.PUBLIC, Audience.PATIENT, Audience.BUYER, Audience.MANAGER


@pytest.mark.parametrize(
    ("written", "term", "found"),
    [
        ("Sclérose en plaques", "sclerose plaq", True),
        ("Sclérose en plaques", "SCLÉROSE", True),
        ("Sclérose en plaques", "plaques sclérose", True),
        ("Sclérose en plaques", "sclerose latérale", False),
        ("Sclérose en plaques", "clérose", False),
        ("Omega-3", "omega 3", True),
        ("Omega 3", "oméga-3", True),
        ("L’arthrose du genou", "arthrose", True),
        ("anti-TNF, 3.5 mg/kg", "tnf 3 5 kg", True),
        ("o'neil", "O’Neil", True),
        ("Fatigue", "", False),
        ("Fatigue", "  -- !", False),
        ("", "", False),
        ("a & b | c", "a & !b:*", True),
    ],
)
async def test_a_search_matches_every_word_by_prefix(admin: Admin, written: str, term: str, found: bool) -> None:
    query = "SELECT catalog.words_in($1) @@ catalog.search_query($2)"
    assert await admin.fetchval(query, written, term) is found


async def test_a_search_for_nothing_is_the_empty_query(admin: Admin) -> None:
    notices: list[object] = []
    admin.add_log_listener(lambda _connection, message: notices.append(message))
    for term in (None, "", " ", "?!"):
        assert await admin.fetchval("SELECT catalog.search_query($1)::text", term) == ""
        assert not await admin.fetchval("SELECT catalog.search_query_there($1, gen_random_uuid())::text", term)
    assert notices == []


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXT | st.text("ab'\\＇＼½:*&|!<>()- \t\"", max_size=300))
async def test_every_text_is_a_valid_search_and_finds_itself(admin: Admin, text: str) -> None:
    query = "SELECT numnode(catalog.search_query($1)), catalog.words_in($1) @@ catalog.search_query($1)"
    row = await admin.fetchrow(query, text)
    assert row is not None
    words, found = row
    assert found is (words > 0)


HERE, ELSEWHERE = UUID("00000000-0000-4000-8000-00000000aaaa"), UUID("00000000-0000-4000-8000-00000000bbbb")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXT | st.text("ab'\\＇＼½:*&|!<>()- \t\"", max_size=300), TEXT | st.text("ab'\\＇＼: ", max_size=9))
async def test_a_search_in_a_community_finds_the_same_texts_there_and_none_elsewhere(
    admin: Admin, text: str, term: str
) -> None:
    """In any language, and whatever the words contain."""
    query = """
        SELECT words @@ catalog.search_query(t) AS expected, there @@ catalog.search_query_there(t, $3) AS found,
            there @@ catalog.search_query_there(t, $4) AS elsewhere
        FROM unnest(ARRAY['en', 'fr', 'xx']) language, unnest(ARRAY[$1, $2]) t,
            LATERAL (SELECT catalog.words_of($1, language)) w (words),
            LATERAL (SELECT catalog.words_there(words, $3)) h (there)
        """
    for row in await admin.fetch(query, text, term, HERE, ELSEWHERE):
        assert (row["found"], row["elsewhere"]) == (row["expected"], False)


async def test_a_row_is_found_by_the_columns_of_its_search_column(admin: Admin) -> None:
    community = await factories.community(admin, name="Zonite", words="maladie zébrée")
    post = await factories.post(admin, body="Le méthotrexate m'aide.")
    await factories.post(admin, body=None, removed=True)
    assert await ids(admin, "catalog.community", "zebr") == [community["id"]]
    assert post["id"] in await ids(admin, "care.post", "methotrexate aide")


async def ids(admin: Admin, table: str, term: str) -> list[UUID]:
    rows = await admin.fetch(f"SELECT id FROM {table} WHERE search @@ catalog.search_query($1)", term)
    return [row["id"] for row in rows]


@pytest.mark.parametrize(
    ("micro_rho", "delta", "epsilon"),
    [
        (125_000, 1e-6, 2.419),
        (CAP, 1e-6, 3.131),
        (250_000, 1e-6, 3.542),
        (500_000, 1e-6, 5.222),
        (1_000_000, 1e-6, 7.766),
        (1, 1e-6, 0.004),
        (0, 1e-6, 0),
        (250_000, 1.0, 0),
    ],
)
async def test_epsilon_is_the_smallest_for_a_privacy_loss(
    admin: Admin, micro_rho: int, delta: float, epsilon: float
) -> None:
    found: float = await admin.fetchval("SELECT insight.epsilon($1, $2)", micro_rho, delta)
    assert round(found, 3) == epsilon
    if found:
        assert least_delta(micro_rho / 1e6, found) == pytest.approx(delta, rel=1e-3)


def least_delta(rho: float, epsilon: float) -> float:
    """The inverse, over a grid: arXiv 2004.00010, section 2.3."""
    grid = (1 + math.exp(step / 500) for step in range(-3_000, 6_000))
    return math.exp(min((a - 1) * (a * rho - epsilon) - math.log(a - 1) + a * math.log1p(-1 / a) for a in grid))


@pytest.mark.parametrize("micro_rho", [1, 754, 17_372, 125_000, 250_000, 1_000_000, 5_000_000])
@pytest.mark.parametrize("delta", [1e-6, 1e-9])
async def test_epsilon_agrees_with_opendp(admin: Admin, micro_rho: int, delta: float) -> None:
    dp = noise.opendp()
    space = (dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="f64"))
    measured = dp.m.make_gaussian(*space, scale=math.sqrt(noise.MICRO / (2 * micro_rho)))
    found: float = await admin.fetchval("SELECT insight.epsilon($1, $2)", micro_rho, delta)
    assert found == pytest.approx(dp.c.make_zCDP_to_approxDP(measured).map(1.0).epsilon(delta), rel=1e-6, abs=1e-6)


async def test_epsilon_is_null_for_null_and_refuses_a_zero_delta(admin: Admin) -> None:
    assert await admin.fetchval("SELECT insight.epsilon(NULL, 1e-6)") is None
    for delta in (0.0, -1.0):
        async with admin.transaction():
            with pytest.raises(asyncpg.NumericValueOutOfRangeError):
                await in_savepoint(admin, "SELECT insight.epsilon(1, $1)", delta)


async def in_savepoint(admin: Admin, query: str, *values: object) -> Any:
    async with admin.transaction():
        return await admin.fetchval(query, *values)


async def test_a_credential_is_found_by_address_in_any_case(admin: Admin) -> None:
    account = await factories.account(admin, email="camille@example.org", demonstration=True)
    await factories.credential(admin, account_id=account["id"], password_hash="$argon2id$...")
    query = "SELECT * FROM identity.credential_of($1)"
    assert await admin.fetch(query, "camille@example.org") == []  # the address is not verified
    await admin.execute("UPDATE identity.account SET email_verified = true WHERE id = $1", account["id"])
    found = [dict(row) for row in await admin.fetch(query, "Camille@Example.ORG")]
    assert found == [{"account_id": account["id"], "password_hash": "$argon2id$...", "demonstration": True}]
    assert await admin.fetch(query, "nobody@example.org") == []
    assert await admin.fetch(query, None) == []


OPEN = "SELECT identity.open_session($1, $2, $3, $4)"
VIEWER = "SELECT * FROM identity.viewer_of($1)"


async def test_a_session_identifies_its_account_until_it_expires(admin: Admin) -> None:
    member = await factories.account(admin)
    organization = await factories.account(admin, organization_id=(await factories.organization(admin))["id"])
    staff = await factories.staff(admin, roles=["MODERATOR", "DATA_STEWARD"])
    house = await factories.account(admin, staff_id=staff["id"], demonstration=True)
    for account, roles in ((member, []), (organization, ["ADMINISTRATOR"]), (house, ["MODERATOR", "DATA_STEWARD"])):
        token = uuid4().bytes
        session = await admin.fetchval(OPEN, account["id"], token, "x" * 500, timedelta(hours=1))
        stored = await admin.fetchrow("SELECT * FROM identity.session WHERE id = $1", session)
        assert stored is not None
        assert (stored["device"], stored["demonstration"]) == ("x" * 200, account["demonstration"])
        assert [dict(row) for row in await admin.fetch(VIEWER, token)] == [
            {
                "account_id": account["id"],
                "session_id": session,
                "api_key_id": None,
                "member_id": account["member_id"],
                "organization_id": account["organization_id"],
                "staff_id": account["staff_id"],
                "roles": roles,
                "expires_at": stored["expires_at"],
                "demonstration": account["demonstration"],
                "locale": account["locale"],
            }
        ]
        await admin.execute("UPDATE identity.session SET expires_at = now() WHERE id = $1", session)
        assert await admin.fetch(VIEWER, token) == []


async def test_no_session_is_opened_for_an_unknown_account(admin: Admin) -> None:
    assert await admin.fetchval(OPEN, uuid4(), b"token", None, timedelta(hours=1)) is None
    assert await admin.fetch(VIEWER, b"token") == []


CLOSE = "SELECT identity.close_session($1, $2)"


@pytest.mark.parametrize("audience", [PATIENT, BUYER, MANAGER])
async def test_viewers_close_only_their_own_sessions(admin: Admin, audience: Audience) -> None:
    make = {PATIENT: factories.member, BUYER: factories.organization, MANAGER: factories.staff}[audience]
    column = {PATIENT: "member_id", BUYER: "organization_id", MANAGER: "staff_id"}[audience]
    own, other = [
        await factories.session(
            admin, account_id=(await factories.account(admin, **{column: (await make(admin))["id"]}))["id"]
        )
        for _ in range(2)
    ]
    viewer = await admin.fetchval(f"SELECT {column} FROM identity.account WHERE id = $1", own["account_id"])
    await admin.execute(f"SET LOCAL ROLE {audience.role}")
    assert await admin.fetchval(CLOSE, own["id"], own["account_id"]) is False  # no viewer is set
    await admin.execute("SELECT set_config($1, $2, true)", audience.setting, str(viewer))
    closed = [
        await admin.fetchval(CLOSE, session, account)
        for session, account in (
            (other["id"], other["account_id"]),
            (other["id"], own["account_id"]),
            (own["id"], other["account_id"]),
            (own["id"], own["account_id"]),
            (own["id"], own["account_id"]),
        )
    ]
    assert closed == [False, False, False, True, False]
    await admin.execute("SET LOCAL ROLE NONE")
    left = await admin.fetch("SELECT id FROM identity.session WHERE id = any($1)", [own["id"], other["id"]])
    assert [row["id"] for row in left] == [other["id"]]


async def test_closing_a_session_notifies_every_server_only_if_committed(fresh: str) -> None:
    owner, listener = await asyncpg.connect(fresh), await asyncpg.connect(fresh)
    try:
        received: list[object] = []
        await listener.add_listener("session_revoked", lambda *event: received.append(event[3]))
        sessions = [await factories.session(owner) for _ in range(2)]
        for session, commits in zip(sessions, (False, True), strict=True):
            transaction = owner.transaction()
            await transaction.start()
            member = await owner.fetchval("SELECT member_id FROM identity.account WHERE id = $1", session["account_id"])
            await owner.execute("SELECT set_config('cohorte.member', $1, true)", str(member))
            assert await owner.fetchval(CLOSE, session["id"], session["account_id"]) is True
            await (transaction.commit() if commits else transaction.rollback())
        await listener.execute("SELECT 1")  # notifications arrive before its response
        assert received == [str(sessions[1]["id"])]
    finally:
        await owner.close()
        await listener.close()


@pytest.mark.parametrize(
    ("keys", "known", "detail"),
    [([], [], None), ([1, 2, 1], [2, 1], None), ([3], [], "7 0"), ([1, 3, 4], [1], "7 1"), ([1, 1, 3], [1, 2], "7 2")],
)
async def test_the_first_key_that_names_no_row_is_reported(
    admin: Admin, keys: list[int], known: list[int], detail: str | None
) -> None:
    asked, there = ([UUID(int=key) for key in some] for some in (keys, known))
    query = "SELECT catalog.known_keys($1, $2, 7)"
    if detail is None:
        assert await admin.fetchval(query, asked, there) == asked
        return
    with pytest.raises(asyncpg.PostgresError, match=r"^a key names no row\b") as raised:
        await admin.fetchval(query, asked, there)
    assert (raised.value.sqlstate, getattr(raised.value, "detail", "")) == (UNKNOWN_KEY, detail)


# Who may call which function; no role may call any other.
CALLERS: dict[str, set[Login]] = {
    "catalog.clock()": set(LOGINS),
    "catalog.day_of(timestamp with time zone)": set(LOGINS),
    "catalog.today()": set(LOGINS),
    "catalog.earliest_today()": set(LOGINS),
    "catalog.latest_today()": set(LOGINS),
    "catalog.is_over(date)": set(LOGINS),
    "catalog.plain_name(text)": {MANAGER},
    "catalog.known_keys(uuid[],uuid[],integer)": {PATIENT},
    "catalog.same_list(text,text,integer)": set(Audience),
    "catalog.entry_words(text,text[],jsonb,text)": set(Audience),
    "catalog.matched_name(tsquery,tsquery,text,text,text[],jsonb,text)": set(Audience),
    "catalog.query_of(text,text,text)": set(Audience),
    "catalog.search_query(text)": set(Audience),
    "catalog.search_query_in(text,text)": set(Audience),
    "catalog.mark_of(uuid)": {PATIENT, MANAGER},
    "catalog.words_there(tsvector,uuid)": {PATIENT, MANAGER},
    "catalog.search_query_there(text,uuid)": {PATIENT, MANAGER},
    "catalog.spaced(text)": set(Audience),
    "catalog.visible(text)": set(Audience),
    "catalog.stems_in(text,text)": set(Audience),
    "catalog.weight_of(text)": set(Audience),
    "catalog.words_in(text)": set(Audience),
    "catalog.words_of(text,text)": set(Audience),
    "insight.epsilon(bigint,double precision)": set(LOGINS),
    "catalog.timeline_marks()": {PUBLIC},
    "catalog.mark_timeline(uuid)": {PUBLIC},
    "identity.credential_of(text)": {PUBLIC},
    "identity.stored_address(text[])": {PUBLIC},
    "identity.open_session(uuid,bytea,text,interval)": {PUBLIC},
    "identity.renew_hash(uuid,text,text)": {PUBLIC},
    "identity.viewer_of(bytea)": {PUBLIC},
    "identity.key_used(uuid)": {PUBLIC},
    "identity.accept_invitation(text,text)": {PUBLIC},
    "identity.accepts_invitation(text)": {PUBLIC},
    "identity.change_user_role(uuid,uuid,text)": {BUYER},
    "identity.invite_user(uuid,text,text,text,text,interval,integer)": {BUYER},
    "identity.leave_organization(uuid)": {BUYER},
    "identity.remove_user(uuid,uuid)": {BUYER},
    "insight.note_requester(uuid,uuid,uuid)": {PUBLISHER},
    "insight.user_of_account(uuid)": {BUYER, MANAGER},
    "identity.viewer_accounts()": {PATIENT, BUYER, MANAGER},
    "identity.second_factors_of(uuid)": {PUBLIC},
    "identity.open_challenge(uuid,bytea,text,interval,text,text,bytea)": {PUBLIC},
    "identity.try_challenge(bytea,text,uuid,integer)": {PUBLIC},
    "identity.end_challenge(bytea)": {PUBLIC},
    "identity.use_totp(uuid,bigint)": {PUBLIC},
    "identity.use_passkey(uuid,bigint,bigint)": {PUBLIC},
    "identity.use_recovery_code(uuid,bytea)": {PUBLIC},
    "identity.add_second_factor(bytea,uuid,bigint,bytea,bytea,bigint,bytea[],integer)": {PATIENT, BUYER, MANAGER},
    "identity.remove_second_factor(uuid,uuid)": {PATIENT, BUYER, MANAGER},
    "identity.renew_recovery_codes(uuid,bytea[])": {PATIENT, BUYER, MANAGER},
    "identity.recovery_codes_left(uuid)": {PATIENT, BUYER, MANAGER},
    "identity.account_locale(uuid)": {PATIENT, BUYER, MANAGER},
    "identity.change_locale(uuid,text)": {PATIENT, BUYER, MANAGER},
    "identity.create_staff(text,text,text,text[],text,interval)": {MANAGER},
    "identity.is_administrator()": {MANAGER},
    "identity.suspend_staff(uuid,boolean)": {MANAGER},
    "identity.update_staff(uuid,text,text[])": {MANAGER},
    "identity.open_organization(text,text,text,text,text,interval)": {MANAGER},
    "insight.end_licences()": {BUYER, MANAGER},
    "insight.may_pursue(text,text)": {BUYER, MANAGER},
    "insight.spent_under(uuid)": {BUYER, MANAGER},
    "insight.is_sandbox()": set(LOGINS),
    "identity.close_session(uuid,uuid)": {PATIENT, BUYER, MANAGER},
    "identity.take_mutation(text,text,bytea)": set(LOGINS),
    "identity.keep_mutation(text,text,bytea,jsonb)": set(LOGINS),
    "identity.forget_mutations(integer)": {PUBLIC, MANAGER},
    "identity.try_again(text,integer,interval)": {PUBLIC},
    "identity.count_request(bytea[],integer[],integer[])": set(Audience),
    "identity.forget_attempts(uuid[])": {PUBLIC},
    "identity.credential_of_account(uuid)": {PUBLIC},
    "identity.register(text,text,text,text[],text,integer,text,text,text,text,text,text,interval,integer)": {PUBLIC},
    "identity.registered_password(text)": {PUBLIC},
    "identity.resets_password(text)": {PUBLIC},
    "identity.verify_email(text,text)": {PUBLIC},
    "identity.change_email(uuid,uuid,text,text,interval)": {PATIENT, BUYER, MANAGER},
    "identity.change_password(uuid,uuid,text,text)": {PATIENT, BUYER, MANAGER},
    "identity.request_email_change(uuid,text,text,interval)": {PATIENT, BUYER, MANAGER},
    "identity.revert_email(text,text)": {PUBLIC},
    "identity.reverts_email(text)": {PUBLIC},
    "identity.settle_sleeper(integer,integer,integer)": {MANAGER},
    "identity.request_password_reset(text,text,interval,interval,boolean)": {PUBLIC},
    "identity.reset_password(text,text)": {PUBLIC},
    "identity.mail_due(integer)": {PUBLIC},
    "identity.mail_waits()": {PUBLIC},
    "identity.mail_sent(uuid)": {PUBLIC},
    "identity.outbox_failed(uuid,interval,integer)": {PUBLIC, PUBLISHER},
    "identity.news_due(integer)": {PUBLISHER},
    "identity.queue_news(text,uuid)": {PUBLISHER},
    "identity.queue_event(text,uuid)": {PUBLISHER},
    "identity.events_due(integer)": {PUBLIC},
    "insight.notify_organizations(uuid)": {PUBLIC},
    "identity.deliveries_due(uuid[],integer)": {PUBLIC},
    "identity.delivery_accepted(uuid,integer)": {PUBLIC},
    "identity.delivery_failed(uuid,text,integer,interval,interval,boolean)": {PUBLIC},
    "insight.pause_webhook(uuid,boolean)": {BUYER},
    "insight.rotate_webhook(uuid,bytea,interval)": {BUYER},
    "insight.test_webhook(uuid)": {BUYER},
    "insight.forget_deliveries(integer)": {MANAGER},
    "identity.mailed_events(uuid)": {BUYER},
    "identity.choose_mailed_events(uuid,text[])": {BUYER},
    "research.deliver(uuid,integer,integer)": {PUBLISHER},
    "identity.forget_waiting(integer)": {PUBLIC, MANAGER},
    "identity.change_pseudonym(text,text[],integer,interval,interval)": {PATIENT},
    "identity.delete_account(uuid)": {PATIENT},
    "identity.readings(uuid)": {PUBLIC},
    "identity.record_reads(text[],text[],text[],text[],text[])": {PUBLIC},
    "identity.forget_reads(integer,integer)": {MANAGER},
    "identity.go_on_erasing(integer)": {MANAGER},
    "insight.forget_records(integer)": {MANAGER},
    "identity.erasures_late()": {MANAGER},
    "care.member_named(text)": {PATIENT, MANAGER},
    "identity.count_readings(text[],text[],text[])": {PUBLIC},
    "identity.count_joining(integer,integer,integer)": {PATIENT},
    "identity.allow_joining(uuid,integer)": {MANAGER},
    "care.viewer_communities()": {PATIENT},
    "care.viewer_patients()": {PATIENT},
    "identity.open_data_export(uuid,bytea,text,interval)": {PATIENT},
    "identity.take_data_export(bytea,uuid)": {PUBLIC},
    "care.announce(text,uuid,uuid)": {PATIENT, MANAGER, PUBLISHER},
    "care.tell(uuid,text,text,uuid)": {PATIENT, MANAGER},
    "care.has_other_moderator()": {MANAGER},
    "care.raise_alarm(uuid,interval)": {PATIENT},
    "care.restore_post(uuid,text)": {MANAGER},
    "care.verified_by(uuid)": {MANAGER},
    "care.decide_proposals(uuid[],text,uuid,text)": {MANAGER},
    "care.merge_own_indicator(uuid,uuid)": {PATIENT},
    "care.merge_own_treatment(uuid,uuid)": {PATIENT},
    "catalog.readiness_changed(uuid)": {PATIENT, MANAGER},
    "catalog.schedule_survey(uuid,integer)": {PUBLISHER},
    "catalog.unschedule_survey(uuid)": {MANAGER},
    "catalog.set_survey_terms(uuid,date,integer,text[])": {MANAGER},
    "catalog.close_survey(uuid)": {PUBLISHER},
    "catalog.is_to_freeze(catalog.survey)": {PUBLISHER},
    "catalog.surveys_due()": {PUBLISHER},
    "research.include_in_network(uuid,integer)": {PUBLISHER},
    "research.count_network()": {PUBLISHER},
    "catalog.open_survey(uuid)": {PUBLISHER},
    "research.begin_opening(uuid,integer)": {PUBLISHER},
    "research.is_opening(uuid)": {PUBLISHER},
    "research.spent_on_surveys(uuid,date)": {PUBLISHER},
    "research.look(uuid)": {PUBLISHER},
    "catalog.release_survey(uuid)": {PUBLISHER},
    "research.standing(uuid)": {PATIENT},
    "research.begin_sheet(uuid)": {PATIENT},
    "research.complete(uuid)": {PATIENT},
    "research.withdraw(uuid)": {PATIENT},
    "research.set_consent(text,boolean,text[],text,text)": {PATIENT},
    "research.own_records(text)": {PATIENT},
    "research.lock_survey(uuid)": {PUBLISHER},
    "catalog.end_of(date)": {PATIENT, PUBLISHER},
    "catalog.year_before(date)": {PATIENT, PUBLISHER},
    "research.include_members(uuid,uuid,integer)": {PUBLISHER},
    "research.count_community(uuid)": {PUBLISHER},
    "research.count_progress(uuid)": {PUBLISHER},
    "care.move_members(uuid,integer,uuid,integer)": {PUBLISHER},
    "catalog.published_to_move(uuid)": {PUBLISHER},
    "catalog.close_community(uuid)": {MANAGER},
    "catalog.communities_to_count()": {PUBLISHER},
    "catalog.communities_to_move()": {PUBLISHER},
    "catalog.merge_community(uuid,uuid)": {MANAGER},
    "catalog.merge_indicator(uuid,uuid)": {MANAGER},
    "catalog.merge_treatment(uuid,uuid)": {MANAGER},
    "catalog.entries_to_move()": {PUBLISHER},
    "care.move_entry(uuid,integer,uuid,integer)": {PUBLISHER},
    "catalog.open_community(uuid)": {MANAGER},
    "catalog.set_community_indicators(uuid,uuid[])": {MANAGER},
    "catalog.set_community_treatments(uuid,uuid[])": {MANAGER},
    "catalog.surveys_to_count()": {PUBLISHER},
    "catalog.lock_community(uuid)": {PUBLISHER},
    "catalog.show_counts(uuid,integer,integer,date)": {PUBLISHER},
    "research.begin_freezing(uuid,integer)": {PUBLISHER},
    "research.freezings_due()": {PUBLISHER},
    "research.freeze_members(uuid,integer)": {PUBLISHER},
    "research.open_frozen(uuid)": {PUBLISHER},
    "research.histogram(uuid,integer[])": {PUBLISHER},
    "research.count_frozen(uuid,integer[])": {PUBLISHER},
    "research.end_dataset(uuid,text)": {PUBLISHER},
    "insight.datasets_due()": {PUBLISHER},
    "identity.require_survey_manager()": {PUBLISHER},
    "identity.departures()": {PUBLISHER},
    "identity.depart_again(uuid,bytea[])": {PUBLISHER},
    "identity.note_departures(bytea[],text)": {PUBLISHER},
    "identity.returned_members(bytea[])": {PUBLISHER},
}


async def test_each_function_can_be_called_only_by_its_roles(admin: Admin) -> None:
    rows = await admin.fetch(
        """
        SELECT p.oid::regprocedure::text AS name, p.prosecdef, p.proconfig,
            array(SELECT r FROM unnest($1::text[]) r WHERE has_function_privilege(r, p.oid, 'EXECUTE')) AS callers
        FROM pg_proc p LEFT JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
        WHERE d.objid IS NULL AND pronamespace::regnamespace::text = any($2::text[])
        """,
        [login.role for login in LOGINS],
        list(SCHEMAS),
    )
    assert {row["name"]: set(row["callers"]) for row in rows if row["callers"]} == {
        name: {caller.role for caller in callers} for name, callers in CALLERS.items()
    }
    as_owner = {row["name"]: row["proconfig"] for row in rows if row["prosecdef"]}
    # A function with another search_path could be made to run code planted there.
    assert {settings[0] for settings in as_owner.values()} == {"search_path=pg_catalog, pg_temp"}
    assert {name: settings[1:] for name, settings in as_owner.items() if len(settings) > 1} == {
        "insight.forget_records(integer)": ["enable_seqscan=off", "jit=off"],
        "research.count_frozen(uuid,integer[])": ["jit=off"],
        "research.freeze_members(uuid,integer)": ["enable_seqscan=off", "jit=off"],
        "research.include_members(uuid,uuid,integer)": ["enable_seqscan=off", "jit=off"],
        "research.include_in_network(uuid,integer)": ["enable_seqscan=off", "jit=off"],
    }
    assert {name for name in CALLERS if name.startswith("identity.")} <= set(as_owner)


@pytest.mark.parametrize("audience", [PATIENT, BUYER, MANAGER])
async def test_a_signed_in_role_cannot_look_up_a_credential(fresh: str, audience: Audience) -> None:
    await logins.open_roles(fresh)
    connection = await asyncpg.connect(logins.role_dsn(fresh, audience))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for function credential_of"):
            await connection.fetch("SELECT * FROM identity.credential_of('patient@demo.example')")
    finally:
        await connection.close()
