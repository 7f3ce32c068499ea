"""Signs in and out, and reads accounts, sessions and the viewer."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Boolean, Text, Uuid, false, func, literal_column

from models.community import discussions, proposals
from models.database import Connection, viewer_of
from models.identity import accounts as tables
from models.identity import members, organizations
from models.identity.second_factors import ChallengePurpose
from models.insight import insights
from models.messages import message
from models.parameters import NO_ROW, AccountAddress, SessionId
from models.research import surveys
from models.rows import Branches, Expression, Row, Rows, ViewerIds, row, select
from models.viewers import Audience, Viewer
from resolvers.calling import Call, OpenedSession
from resolvers.identity import accounts_rules, attempts, second_factors
from resolvers.identity.passwords import renewed_hash, verify_normalized, verify_password
from resolvers.tokens import new_token, token_hash
from resolvers.transactions import Forbidden, RefusalCode, Result, Work, not_found, refused

SESSION_LIFETIME = timedelta(days=30)
DEVICE_LENGTH = 200
NO_COOKIE = message(
    "This request cannot get a cookie. Send it over HTTP with the header `GraphQL-Require-Preflight: 1`, from a page "
    "of this server or of an origin that it allows."
)
SIGN_IN = "sign-in"  # the attempts that count: each at a password


@dataclass(frozen=True)
class SignedIn:
    """The owner of a new session. Exactly one of the owner's ids is set, which is `id` too; the others are NO_ROW."""

    id: UUID
    audience: Audience
    member: UUID
    organization: UUID
    staff: UUID


async def sign_in(call: Call, *, email: AccountAddress, password: str, cookie: bool = False) -> Work:
    """Checks an e-mail address and a password; the returned Work opens a session, or a challenge for a second factor.

    With `cookie`, its token is kept in a cookie and not returned. Raises Refused: INVALID if the response cannot set
    one.

    A hash of an older form is replaced. Both raise Refused: WRONG_CREDENTIALS if no account matches, without revealing
    which of the two is wrong. Raises Refused: LIMIT_REACHED after too many attempts, whether or not the account exists.
    """
    expect_cookie(call, cookie)
    # In a transaction of its own: none may stay open while the password is hashed, which takes long by design.
    async with call.apart() as connection:
        address = await stored_address(connection, email)
        found = await connection.fetchrow("SELECT * FROM identity.credential_of($1)", address)
        stored = None if found is None else found["password_hash"]
        tried = await attempts.count_attempt(connection, SIGN_IN, email.canonical, call.address, call.sign_ins, stored)
    if found is not None and found["demonstration"] and not call.demonstration:
        found, stored = None, None
    if not await verify_password(password, stored, call.caller) or found is None:
        raise wrong_credentials()
    account, password_hash = found["account_id"], found["password_hash"]
    renewed = await renewed_hash(password, password_hash, call.caller)

    async def opens(connection: Connection, viewer: Viewer) -> Result:
        await attempts.forget_attempts(connection, tried)
        # Before the session: the first factor that is added meanwhile waits, and then closes it.
        factors = await second_factors.found_factors(connection, account)
        signed_in: Result | None = None
        if not factors:
            signed_in = await open_session(connection, call, account, cookie)
        # From here on, a change of the password waits for this transaction, and then closes this session too.
        now = await connection.fetchrow("SELECT * FROM identity.credential_of($1)", address)
        if now is None:
            raise wrong_credentials()
        # Changed or, rarely, renewed by another sign-in at the same time.
        is_same = now["password_hash"] == password_hash
        if not is_same and not await verify_normalized(password, now["password_hash"], call.caller):
            raise wrong_credentials()
        if renewed is not None:
            await connection.execute("SELECT identity.renew_hash($1, $2, $3)", account, password_hash, renewed)
        if signed_in is not None:
            return signed_in
        opened = await second_factors.open_challenge(connection, call, account, ChallengePurpose.SIGN_IN, factors)
        return {
            "challenge": opened.challenge,
            "second_factors": opened.kinds,
            "passkey_options": opened.passkey_options,
        }

    return opens


async def sign_in_verify(
    call: Call,
    *,
    challenge: str,
    totp: str | None = None,
    passkey: str | None = None,
    recovery_code: str | None = None,
    cookie: bool = False,
) -> Work:
    """Checks the second factor of a sign-in; the returned Work opens the session.

    Raises Refused: INVALID if the response cannot set a cookie, for a challenge that is over, and unless exactly one
    proof is given; WRONG_CREDENTIALS for the proof; LIMIT_REACHED after too many attempts at the account. The Work
    raises Refused: INVALID if the challenge was used or ended in the meantime.
    """
    expect_cookie(call, cookie)
    proof = second_factors.Proof(totp, passkey, recovery_code, challenge)
    name = second_factors.expect_one(proof)
    over = refused(RefusalCode.INVALID, second_factors.CHALLENGE_OVER, "challenge")
    async with call.apart() as connection:
        found, tried = await second_factors.try_challenge(connection, call, ChallengePurpose.SIGN_IN, challenge)
    if found is None:
        raise over
    async with call.apart() as connection:
        proven = await second_factors.is_proven(connection, call, found["account"], proof)
    if not proven:
        raise second_factors.wrong_proof(name)

    async def opens(connection: Connection, viewer: Viewer) -> Result:
        if not await connection.fetchval("SELECT identity.end_challenge($1)", token_hash(challenge)):
            raise over
        await attempts.forget_attempts(connection, tried)
        return await open_session(connection, call, found["account"], cookie)

    return opens


def expect_cookie(call: Call, cookie: bool) -> None:
    """Raises Refused: INVALID if a cookie is wanted that the response cannot set."""
    if cookie and not call.takes_cookie:
        raise refused(RefusalCode.INVALID, NO_COOKIE, "cookie")


async def stored_address(connection: Connection, email: AccountAddress) -> str:
    """The form of an address that an account has, which may be older than the canonical one; else the canonical one."""
    if email.forms == (email.canonical,):
        return email.canonical
    stored: str | None = await connection.fetchval("SELECT identity.stored_address($1)", email.forms)
    return stored or email.canonical


def wrong_credentials() -> Exception:
    """A refusal, to be raised: WRONG_CREDENTIALS, which does not tell whether the account exists."""
    reason = message("The e-mail address and the password do not match an account.")
    return refused(RefusalCode.WRONG_CREDENTIALS, reason)


async def sign_out(connection: Connection, viewer: Viewer) -> None:
    """Closes the viewer's session, with immediate effect in every server process.

    Raises Forbidden if the viewer is a program, which has no session.
    """
    if viewer.session is None:
        raise Forbidden
    await connection.execute("SELECT identity.close_session($1, $2)", viewer.session, viewer.account)


async def revoke_session(connection: Connection, viewer: Viewer, *, session: SessionId) -> None:
    """Closes a session of the viewer's account, with immediate effect in every server process.

    Raises Refused: NOT_FOUND if the account has no such session.
    """
    if not await connection.fetchval("SELECT identity.close_session($1, $2)", session, viewer.account):
        raise not_found("session")


async def update_account(connection: Connection, viewer: Viewer, *, locale: str) -> None:
    """Changes the language of the viewer's account, and of the mails to it.

    Raises Forbidden if the viewer is a program, which has no account, and Refused: INVALID and TOO_LONG.
    """
    if viewer.account is None:
        raise Forbidden
    checked = accounts_rules.locale_of(locale, "locale")
    await connection.execute("SELECT identity.change_locale($1, $2)", viewer.account, checked)


def viewer(*, viewer: ViewerIds) -> Rows:
    """One row: the owner's ids, and the one that is set as `id`; NO_ROW for callers who have not signed in."""
    nobody: Expression = literal_column(f"'{NO_ROW}'::uuid", Uuid())
    return select(
        func.coalesce(viewer.member, viewer.organization, viewer.staff, nobody).label("id"),
        viewer.audience.label("audience"),
        viewer.member.label("member"),
        viewer.organization.label("organization"),
        viewer.staff.label("staff"),
    )


def member_of(viewer: Row) -> Rows:
    """One row, or none if the viewer is no member."""
    member = row(members.Member)
    return select(member).where(member.id == viewer.member)


def organization_of(viewer: Row) -> Rows:
    """One row, or none if the viewer is of no organization."""
    organization = row(organizations.Organization)
    return select(organization).where(organization.id == viewer.organization)


def staff_of(viewer: Row) -> Rows:
    """One row, or none if the viewer is no staff."""
    staff = row(tables.Staff)
    return select(staff).where(staff.id == viewer.staff)


def erasures_late(owner: Row) -> Expression:
    """Whether a member's rows are still being deleted after an hour; null unless the viewer is an administrator."""
    return func.identity.erasures_late(type_=Boolean())


def locale_of(owner: Row, *, viewer: ViewerIds) -> Expression:
    """A language code, such as `fr`; null while none is chosen."""
    return func.identity.account_locale(viewer.account, type_=Text())


def viewer_account(*, viewer: ViewerIds) -> Rows:
    """One row, or none for strangers and programs."""
    account = row(tables.Account)
    return select(account).where(account.id == viewer.account)


def open_sessions() -> Rows:
    """Sessions that have not ended, in no order."""
    session = row(tables.Session)
    return select(session).where(_is_open(session))


def sessions_of(account: Row) -> Rows:
    """Sessions that have not ended, the newest first."""
    session = row(tables.Session)
    of_account = select(session).where(session.account_id == account.id, _is_open(session))
    return of_account.order_by(session.created_at.desc(), session.id.desc())


def _is_open(session: Row) -> Expression:
    return session.expires_at > func.now()


def is_current(session: Row, *, viewer: ViewerIds) -> Expression:
    """A boolean: whether the request was sent with this session."""
    return func.coalesce(session.id == viewer.session, false())


def subject_of(notification: Row) -> Branches:
    """The object that a notification is about, found by `subject_type`, the id prefix of its type."""
    discussion, post = row(discussions.Discussion), row(discussions.Post)
    member, survey, insight = row(members.Member), row(surveys.Survey), row(insights.Insight)
    proposal = row(proposals.CatalogueProposal)
    kind, id = notification.subject_type, notification.subject_id
    return Branches(
        (
            select(discussion).where(kind == "dis", discussion.id == id),
            select(insight).where(kind == "ins", insight.id == id),
            select(member).where(kind == "mbr", member.id == id),
            select(post).where(kind == "pst", post.id == id),
            select(proposal).where(kind == "prp", proposal.id == id),
            select(survey).where(kind == "svy", survey.id == id),
        )
    )


async def open_session(connection: Connection, call: Call, account: UUID, cookie: bool) -> Result:
    """Opens a session of an account: who has signed in, and the token, unless it is kept in a cookie.

    Raises Refused: WRONG_CREDENTIALS if there is no such account any more.
    """
    token = new_token()
    digest, called = token_hash(token), call.device and call.device[:DEVICE_LENGTH]
    await connection.execute("SELECT identity.open_session($1, $2, $3, $4)", account, digest, called, SESSION_LIFETIME)
    opened = await viewer_of(connection, digest)
    if opened is None:
        raise wrong_credentials()
    viewer = opened[0]
    ids = (viewer.member or NO_ROW, viewer.organization or NO_ROW, viewer.staff or NO_ROW)
    owner = viewer.member or viewer.organization or viewer.staff or NO_ROW
    call.opened(OpenedSession(viewer, token, cookie))
    return {"token": None if cookie else token, "viewer": SignedIn(owner, viewer.audience, *ids)}
