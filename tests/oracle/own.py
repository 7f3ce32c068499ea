"""The oracle's readers for members' tracking, the viewer's own rows, and buyers' licences."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from json import loads
from math import erf, exp, log, log1p, sqrt
from statistics import fmean
from uuid import UUID

from models.insight.undertakings import IN_FORCE, TEXTS
from models.languages import Language
from privacy.domains import REGIONS
from tests.oracle.rows import Found, VisibleRows
from tests.oracle.shared import (
    TYPES,
    Listed,
    TypedRow,
    by_close,
    by_creation,
    by_name,
    by_start,
    community_id,
    field,
    found,
    having,
    listed,
    readers,
    uuid_in,
)  # fmt: skip

DELTA = 1e-6
SUBJECTS = {"CatalogueProposal", "Discussion", "Insight", "Member", "Post", "Survey"}  # what notifications are about

found("Survey.progress", "catalog.survey_progress", survey_id="id")
found("Survey.eligibility", "catalog.eligibility", survey_id="id")


@field("Member.ageBand")
def age_band(seen: VisibleRows, member: Found) -> str | None:
    profile = seen.one("care.profile", member_id=member["id"])
    if profile is None or profile["birth_year"] is None:
        return None
    age = seen.today.year - profile["birth_year"]
    if age < 25:
        return "0-17" if age < 18 else "18-24"
    youngest = (age - 25) // 10 * 10 + 25
    return "75+" if age >= 75 else f"{youngest}-{youngest + 9}"


@field("Member.sex")
def sex(seen: VisibleRows, member: Found) -> str | None:
    profile = seen.one("care.profile", member_id=member["id"])
    return profile["sex"] if profile else None


@field("Member.region")
def region(seen: VisibleRows, member: Found) -> str | None:
    profile = seen.one("care.profile", member_id=member["id"])
    return profile["region"] if profile else None


@field("Member.suspension")
def suspension_of(seen: VisibleRows, member: Found) -> Found | None:
    suspension = seen.one("care.suspension", member_id=member["id"])
    over = suspension is not None and suspension["until"] is not None and suspension["until"] <= seen.now
    return None if over else suspension


found("Member.association", "catalog.association", member_id="id")
found("Association.member", "care.member", id="member_id")


@field("Association.descriptions")
def descriptions(seen: VisibleRows, association: Found) -> list[Found]:
    texts = sorted(loads(association["translations"]).items())
    return [{"language": tag.upper(), "text": each["description"]} for tag, each in texts]


@field("Association.verifications")
def verifications(seen: VisibleRows, association: Found) -> list[Found]:
    there = seen.of("care.verification", member_id=association["member_id"])
    return sorted(there, key=lambda row: (row["created_at"], row["id"]), reverse=True)


@field("Verification.decidedBy")
def decided_by(seen: VisibleRows, verification: Found) -> str | None:
    return next((row["name"] for row in seen.staff if row["id"] == verification["staff_id"]), None)


@field("Member.courses")
def members_courses(seen: VisibleRows, member: Found) -> list[Found]:
    there = seen.of("care.course", member_id=member["id"])
    return sorted(there, key=lambda row: (row["started_on"], row["id"]), reverse=True)


@field("Me.courses")
def own_courses(seen: VisibleRows, me: Found, status: str | None = None) -> list[Found]:
    return having(members_courses(seen, {"id": me["member_id"]}), status=status)


@field("Member.series")
def series_of_member(seen: VisibleRows, member: Found, indicator: str, interval: str) -> list[Found]:
    there = seen.of("care.observation", member_id=member["id"], indicator_id=uuid_in(indicator))
    return points(there, interval)


def points(observations: Iterable[Found], interval: str) -> list[Found]:
    groups = defaultdict(list)
    for row in observations:
        groups[first_day(row["observed_on"], interval)].append(row["value"])
    return [
        {"starts_on": day, "mean": fmean(found), "minimum": min(found), "maximum": max(found), "count": len(found)}
        for day, found in sorted(groups.items())
    ]


def first_day(day: date, interval: str) -> date:
    """The first day of the interval that a day lies in; weeks begin on Monday."""
    if interval == "WEEK":
        return day - timedelta(days=day.weekday())
    month = {"MONTH": day.month, "QUARTER": (day.month - 1) // 3 * 3 + 1}
    return day if interval == "DAY" else date(day.year, month[interval], 1)


@field("CareLink.dashboard")
def patient_dashboard(
    seen: VisibleRows,
    link: Found,
    from_: date | None = None,
    to: date | None = None,
    interval: str = "WEEK",
    indicators: list[str] | None = None,
) -> Found | None:
    patient = {"member_id": link["patient_id"]}
    return dashboard(seen, patient, from_, to, interval, indicators) if link["status"] == "ACCEPTED" else None


def year_before(day: date) -> date:
    return date(day.year - 1, 2, 28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)


@field("Me.dashboard")
def dashboard(
    seen: VisibleRows,
    me: Found,
    from_: date | None = None,
    to: date | None = None,
    interval: str = "WEEK",
    indicators: list[str] | None = None,
) -> Found:
    earliest, latest = (seen.now - timedelta(hours=12)).date(), (seen.now + timedelta(hours=14)).date()
    first = date.fromisoformat(str(from_)) if from_ else year_before(date.fromisoformat(str(to)) if to else earliest)
    last = date.fromisoformat(str(to)) if to else max(latest, first)
    observations = seen.of("care.observation", member_id=me["member_id"])
    wanted = None if indicators is None else set(map(uuid_in, indicators))
    within = [
        row
        for row in observations
        if first <= row["observed_on"] <= last and (wanted is None or row["indicator_id"] in wanted)
    ]
    mine = {"member_id": me["member_id"]}
    courses = {
        table: [
            row
            for row in sorted(seen.of(table, **mine), key=lambda row: (row["started_on"], row["id"]))
            if row["started_on"] <= last and (row["ended_on"] is None or row["ended_on"] >= first)
        ]
        for table in ("care.course", "care.own_course")
    }
    own = seen.of("care.own_observation", member_id=me["member_id"])
    own_within = [row for row in own if first <= row["observed_on"] <= last]
    return {"within": within, "own_within": own_within, "interval": interval, "courses": courses}


@field("Dashboard.series")
def series_of(seen: VisibleRows, dashboard: Found) -> list[Found]:
    groups = defaultdict(list)
    for row in dashboard["within"]:
        groups[row["indicator_id"]].append(row)
    named = sorted((seen.one("catalog.indicator", id=id) or {} for id in groups), key=by_name)
    return [
        {
            "indicator_id": indicator["id"],
            "points": points(groups[indicator["id"]], dashboard["interval"]),
            "latest": max(groups[indicator["id"]], key=lambda row: row["observed_on"]),
        }
        for indicator in named
    ]


@field("Dashboard.ownSeries")
def own_series_of(seen: VisibleRows, dashboard: Found) -> list[Found]:
    groups = defaultdict(list)
    for row in dashboard["own_within"]:
        groups[row["own_indicator_id"]].append(row)
    named = sorted((seen.one("care.own_indicator", id=id) or {} for id in groups), key=by_name)
    return [
        {
            "own_indicator_id": indicator["id"],
            "points": points(groups[indicator["id"]], dashboard["interval"]),
            "latest": max(groups[indicator["id"]], key=lambda row: row["observed_on"]),
        }
        for indicator in named
    ]


@field("Me.ownIndicators")
def own_indicators_of(seen: VisibleRows, me: Found) -> list[Found]:
    there = seen.of("care.own_indicator", member_id=me["member_id"])
    return sorted(there, key=by_name)


@field("CareLink.ownIndicators")
def patients_own_indicators(seen: VisibleRows, link: Found) -> list[Found]:
    there = seen.of("care.own_indicator", member_id=link["patient_id"])
    return sorted(there, key=by_name)


@field("Me.ownTreatments")
def own_treatments_of(seen: VisibleRows, me: Found) -> list[Found]:
    return sorted(seen.of("care.own_treatment", member_id=me["member_id"]), key=by_name)


@field("CareLink.ownTreatments")
def patients_own_treatments(seen: VisibleRows, link: Found) -> list[Found]:
    return sorted(seen.of("care.own_treatment", member_id=link["patient_id"]), key=by_name)


@field("OwnTreatment.courses")
def own_courses_of(seen: VisibleRows, treatment: Found) -> list[Found]:
    there = seen.of("care.own_course", own_treatment_id=treatment["id"])
    return sorted(there, key=lambda row: (row["started_on"], row["id"]), reverse=True)


def noted(there: list[Found], only: bool) -> list[Found]:
    """With `only`, the observations that have a note."""
    return [row for row in there if not only or row["note"] is not None]


@field("OwnIndicator.observations")
def own_observations_of(seen: VisibleRows, indicator: Found, notedOnly: bool = False) -> Listed:
    there = noted(seen.of("care.own_observation", own_indicator_id=indicator["id"]), notedOnly)
    return listed(there, lambda row: (row["observed_on"], row["id"]), descending=True)


@field("Me.proposals")
def proposals_of(seen: VisibleRows, me: Found) -> Listed:
    own = {row["id"] for row in seen.of("care.catalogue_proposer", member_id=me["member_id"])}
    there = [row for row in seen.of("care.catalogue_proposal") if row["id"] in own]
    return listed(there, lambda row: (row["proposed_on"], row["id"]), descending=True)


@field("Query.catalogueProposals")
def proposals(seen: VisibleRows, status: str | None = None, kind: str | None = None) -> Listed:
    there = having(seen.of("care.catalogue_proposal"), status=status, kind=kind)
    return listed(there, lambda row: (row["proposed_on"], row["id"]))


readers["OwnSeries.points"] = lambda seen, it: it["points"]
readers["OwnSeries.latest"] = lambda seen, it: it["latest"]
readers["Dashboard.courses"] = lambda seen, it: it["courses"]["care.course"]
readers["Dashboard.ownCourses"] = lambda seen, it: it["courses"]["care.own_course"]
readers["IndicatorSeries.points"] = lambda seen, it: it["points"]
readers["IndicatorSeries.latest"] = lambda seen, it: it["latest"]


@field("Me.account")
def account(seen: VisibleRows, me: Found) -> Found | None:
    return seen.one("identity.account", id=seen.viewer.account)


@field("Account.sessions")
def sessions_of(seen: VisibleRows, account: Found) -> list[Found]:
    there = [row for row in seen.of("identity.session", account_id=account["id"]) if row["expires_at"] > seen.now]
    there = [{**row, "current": row["id"] == seen.viewer.session} for row in there]
    return sorted(there, key=by_creation, reverse=True)


readers["Session.current"] = lambda seen, it: it["current"]


@field("Me.observations")
def observations_of(seen: VisibleRows, me: Found, indicator: str | None = None, notedOnly: bool = False) -> Listed:
    there = noted(seen.of("care.observation", member_id=me["member_id"]), notedOnly)
    if indicator is not None:
        there = [row for row in there if row["indicator_id"] == uuid_in(indicator)]
    return listed(there, lambda row: (row["observed_on"], row["id"]), descending=True)


@field("Me.notifications")
def notifications_of(seen: VisibleRows, me: Found, unreadOnly: bool = False) -> Listed:
    there = seen.of("care.notification", member_id=me["member_id"])
    return listed([row for row in there if not (unreadOnly and row["read_at"])], by_creation, descending=True)


@field("Me.dataReads")
def data_reads_of(seen: VisibleRows, me: Found) -> Listed:
    there = seen.of("care.data_read", member_id=me["member_id"])
    return listed(there, lambda row: (row["read_at"], row["id"]), descending=True)


@field("DataRead.relative")
def reading_relative(seen: VisibleRows, read: Found) -> Found | None:
    return seen.one("care.member", id=read["relative_id"])


@field("Notification.subject")
def subject_of(seen: VisibleRows, notification: Found) -> TypedRow | None:
    kind, table = TYPES.get(notification["subject_type"], ("", ""))
    row = seen.one(table, id=notification["subject_id"]) if kind in SUBJECTS else None
    return None if row is None else TypedRow(kind, row)


@field("Me.careLinks")
def care_links_of(seen: VisibleRows, me: Found) -> list[Found]:
    who = me["member_id"]
    there = [row for row in seen.of("care.care_link") if who in (row["patient_id"], row["relative_id"])]
    return sorted(there, key=by_creation, reverse=True)


@field("Me.participations")
def participations_of(seen: VisibleRows, me: Found, status: str | None = None) -> list[Found]:
    there = [
        (by_close(survey), row)
        for row in having(seen.of("research.participation", member_id=me["member_id"]), status=status)
        if (survey := seen.one("catalog.survey", id=row["survey_id"]))
    ]
    return [row for _, row in sorted(there, key=lambda item: item[0], reverse=True)]


@field("Me.consents")
def consents_of(seen: VisibleRows, me: Found) -> list[Found]:
    return sorted(seen.of("research.consent", member_id=me["member_id"]), key=lambda row: row["purpose"])


@field("Query.regions")
def regions(seen: VisibleRows) -> list[str]:
    return list(REGIONS)


@field("Query.notices")
def notices(seen: VisibleRows, language: str | None = None) -> list[Found]:
    come = sorted(
        (row for row in seen.of("catalog.notice") if row["in_force_on"] <= seen.today),
        key=lambda row: row["in_force_on"],
    )
    latest = {row["purpose"]: row["in_force_on"] for row in come}
    return [
        row
        for purpose, day in sorted(latest.items())
        for row in come
        if (row["purpose"], row["in_force_on"], row["language"]) == (purpose, day, language or seen.language)
    ]


def terms_in_force(seen: VisibleRows) -> list[Found]:
    come = [row for row in seen.of("catalog.terms") if row["in_force_on"] <= seen.today]
    return [row for row in come if row["in_force_on"] == max(row["in_force_on"] for row in come)]


@field("Query.terms")
def terms(seen: VisibleRows, language: str | None = None) -> Found:
    (found,) = (row for row in terms_in_force(seen) if row["language"] == (language or seen.language))
    return found


@field("Query.privacyNotice")
def privacy_notice(seen: VisibleRows, language: str | None = None) -> Found:
    come = [row for row in seen.of("catalog.privacy_notice") if row["in_force_on"] <= seen.today]
    latest = max(row["in_force_on"] for row in come)
    (found,) = (row for row in come if (row["language"], row["in_force_on"]) == (language or seen.language, latest))
    return found


@field("Query.helpLines")
def help_lines(seen: VisibleRows, language: str | None = None) -> list[Found]:
    return sorted(seen.of("catalog.help_line", language=language or seen.language), key=lambda row: row["position"])


@field("Account.termsOutdated")
def terms_outdated(seen: VisibleRows, account: Found) -> bool:
    return account["terms_version"] not in {row["version"] for row in terms_in_force(seen)}


found("ReadingAlert.member", "care.member", id="member_id")


@field("Query.readingAlerts")
def reading_alerts(seen: VisibleRows) -> Listed:
    there = seen.of("care.reading_alert")
    return listed(there, lambda row: (row["day"], row["id"]), descending=True)


@field("Query.staff")
def staff_members(seen: VisibleRows) -> Listed:
    return listed(seen.of("identity.staff"), by_name)


@field("Viewer.erasuresLate")
def erasures_late(seen: VisibleRows, it: Found) -> bool | None:
    staff = seen.one("identity.staff", id=seen.viewer.staff)
    # Of those that operations are compared for, nobody is leaving.
    return False if staff is not None and "ADMINISTRATOR" in staff["roles"] else None


@field("Viewer.secondFactors")
def second_factors(seen: VisibleRows, it: Found) -> list[Found]:
    there = seen.of("identity.second_factor", account_id=seen.viewer.account)
    return sorted(there, key=lambda row: (row["created_at"], row["id"]))


@field("Viewer.recoveryCodesLeft")
def recovery_codes_left(seen: VisibleRows, it: Found) -> int:
    return seen.recovery_codes


@field("Staff.status")
def staff_status(seen: VisibleRows, staff: Found) -> str:
    if staff["suspended_at"] is not None:
        return "SUSPENDED"
    return "INVITED" if staff["last_signed_in_on"] is None else "ACTIVE"


@field("Staff.changes")
def staff_changes(seen: VisibleRows, staff: Found) -> Listed:
    there = seen.of("identity.staff_change", staff_id=staff["id"])
    return listed(there, lambda row: (row["changed_at"], row["id"]), descending=True)


found("StaffChange.staff", "identity.staff", id="staff_id")
found("StaffChange.changedBy", "identity.staff", id="by_staff_id")


@field("Survey.minimumParticipants")
def minimum_participants(seen: VisibleRows, survey: Found) -> int | None:
    manages = any("SURVEY_MANAGER" in staff["roles"] for staff in seen.tables.get("identity.staff", []))
    return None if survey["status"] == "WAITING" and not manages else survey["minimum_participants"]


@field("Survey.cap")
def cap_of(seen: VisibleRows, survey: Found) -> Found:
    return cost(survey["cap_micro_rho"])


@field("Survey.guess")
def guess(seen: VisibleRows, survey: Found) -> float:
    spent: int = survey["cap_micro_rho"]
    return (1 + erf(sqrt(spent / 1e6 / 2))) / 2


@field("Survey.questions")
def questions_of(seen: VisibleRows, survey: Found) -> list[Found]:
    there = seen.of("catalog.question", survey_id=survey["id"], version=survey["version"])
    return sorted(there, key=lambda row: row["position"])


@field("Eligibility.treatments")
def eligible_treatments(seen: VisibleRows, eligibility: Found) -> list[Found]:
    there = [seen.one("catalog.treatment", id=id) for id in set(eligibility["treatment_ids"])]
    return sorted((row for row in there if row is not None), key=by_name)


@field("Survey.participation")
def viewer_participation(seen: VisibleRows, survey: Found) -> Found | None:
    return seen.one("research.participation", survey_id=survey["id"], member_id=seen.viewer.member)


@field("Question.options")
def options_of(seen: VisibleRows, question: Found) -> list[Found]:
    there = seen.of("catalog.question_option", question_id=question["id"])
    return sorted(there, key=lambda row: (row["position"], row["code"]))


@field("Question.visibleWhen")
def rules_of(seen: VisibleRows, question: Found) -> list[Found]:
    return sorted(seen.of("catalog.visibility_rule", question_id=question["id"]), key=lambda row: row["position"])


@field("Participation.answers")
def answers_of(seen: VisibleRows, participation: Found) -> list[Found]:
    there = [
        (question["position"], row)
        for row in seen.of("research.answer", answer_sheet_id=participation["answer_sheet_id"])
        if (question := seen.one("catalog.question", id=row["question_id"]))
    ]
    return [row for _, row in sorted(there, key=lambda item: item[0])]


def is_listed(seen: VisibleRows, evaluation: Found) -> bool:
    """Whether a list of evaluations tells the viewer only of communities that its member shares with them."""
    return (
        evaluation["member_id"] in entrusted(seen)
        or seen.of("care.profile", member_id=evaluation["member_id"], sharing="ALL_MEMBERS") != []
        or any(
            row["community_id"] in belongs_to(seen, seen.viewer.member)
            for row in seen.of("care.course", id=evaluation["course_id"])
            if row["community_id"] in belongs_to(seen, evaluation["member_id"])
        )
    )


def entrusted(seen: VisibleRows) -> set[UUID | None]:
    """The viewer, and the patients whose diaries they keep."""
    links = seen.of("care.care_link", relative_id=seen.viewer.member, status="ACCEPTED")
    return {seen.viewer.member, *(link["patient_id"] for link in links)}


def belongs_to(seen: VisibleRows, member: UUID | None) -> set[UUID]:
    return {row["community_id"] for row in seen.of("care.membership", member_id=member)}


@field("TreatmentCourse.community")
def community_of_course(seen: VisibleRows, course: Found) -> Found | None:
    shown = course["member_id"] in entrusted(seen) or course["community_id"] in belongs_to(seen, course["member_id"])
    return seen.one("catalog.community", id=course["community_id"]) if shown else None


@field("Treatment.evaluations")
def evaluations_of(seen: VisibleRows, treatment: Found, community: str | None = None) -> Listed:
    there = [row for row in seen.of("care.evaluation", treatment_id=treatment["id"]) if is_listed(seen, row)]
    if community is not None:
        place = community_id(seen, community)
        courses = {row["id"] for row in seen.of("care.course", community_id=place)}
        there = [row for row in there if row["course_id"] in courses]
    return listed(there, lambda row: (row["evaluated_on"], row["id"]), descending=True)


@field("TreatmentEvaluation.sideEffects")
def side_effects_of(seen: VisibleRows, evaluation: Found) -> list[Found]:
    there = [
        (by_name(indicator), row)
        for row in seen.of("care.side_effect", evaluation_id=evaluation["id"])
        if (indicator := seen.one("catalog.indicator", id=row["indicator_id"]))
    ]
    return [row for _, row in sorted(there, key=lambda item: item[0])]


@field("Organization.purposes")
def purposes_of(seen: VisibleRows, organization: Found) -> list[str]:
    every = [
        "SCIENTIFIC_RESEARCH",
        "PRODUCT_DEVELOPMENT",
        "CARE_IMPROVEMENT",
        "EDUCATION",
        "PUBLIC_HEALTH",
        "STATISTICS",
    ]
    many = {"LABORATORY": every[:4], "HOSPITAL": every}
    return many.get(organization["kind"], [every[0], every[2]])


@field("Organization.licences")
def licences_of(seen: VisibleRows, organization: Found) -> list[Found]:
    return sorted(seen.of("insight.licence", organization_id=organization["id"]), key=by_start, reverse=True)


@field("Organization.users")
def users_of(seen: VisibleRows, organization: Found) -> Listed:
    there = seen.of("insight.organization_user", organization_id=organization["id"])
    current = [row for row in there if row["joined_at"] is not None or row["expires_at"] > seen.now]
    return listed(current, lambda row: (row["email"], row["id"]))


@field("OrganizationUser.status")
def user_status(seen: VisibleRows, user: Found) -> str:
    return "INVITED" if user["joined_at"] is None else "ACTIVE"


@field("OrganizationUser.isViewer")
def is_viewer(seen: VisibleRows, user: Found) -> bool:
    return bool(user["id"] == seen.user)


@field("Viewer.organizationUser")
def viewers_user(seen: VisibleRows, it: Found) -> Found | None:
    return seen.one("insight.organization_user", id=seen.user)


@field("Organization.apiKeys")
def api_keys_of(seen: VisibleRows, organization: Found) -> list[Found]:
    return sorted(seen.of("insight.api_key", organization_id=organization["id"]), key=by_creation, reverse=True)


@field("Organization.webhooks")
def webhooks_of(seen: VisibleRows, organization: Found) -> list[Found]:
    return sorted(seen.of("insight.webhook", organization_id=organization["id"]), key=by_creation, reverse=True)


@field("Webhook.previousUntil")
def previous_until(seen: VisibleRows, webhook: Found) -> str | None:
    until: datetime | None = webhook["previous_until"]
    return until.isoformat() if until is not None and until > datetime.now(UTC) else None


@field("Webhook.deliveries")
def deliveries_of(seen: VisibleRows, webhook: Found) -> list[Found]:
    return sorted(seen.of("insight.webhook_delivery", webhook_id=webhook["id"]), key=by_creation, reverse=True)[:50]


@field("Viewer.locale")
def locale(seen: VisibleRows, viewer: Found) -> str | None:
    return seen.locale


@field("Viewer.mailedEvents")
def mailed_events(seen: VisibleRows, viewer: Found) -> list[str]:
    return list(seen.mailed_events)


@field("Query.undertakings")
def undertakings(seen: VisibleRows, language: str | None = None) -> Found:
    language = language or seen.language
    return {"version": IN_FORCE, "language": language, "text": TEXTS[IN_FORCE][Language(language)]}


@field("Licence.undertakings")
def undertakings_of(seen: VisibleRows, licence: Found, language: str | None = None) -> Found | None:
    version, language = licence["undertakings"], language or seen.language
    text = TEXTS[version][Language(language)] if version else None
    return {"version": version, "language": language, "text": text} if version else None


@field("Licence.resultsDueOn")
def results_due_on(seen: VisibleRows, licence: Found) -> str | None:
    if licence["undertakings"] is None:
        return None
    months = licence["ends_on"].month - 1 + 18
    year, month = licence["ends_on"].year + months // 12, months % 12 + 1
    if year > date.max.year:
        return "9999-12-31"
    return date(year, month, min(licence["ends_on"].day, monthrange(year, month)[1])).isoformat()


@field("Licence.price")
def price_of(seen: VisibleRows, licence: Found) -> Found | None:
    price = {"amount": licence["price_amount"], "currency": licence["price_currency"]}
    return None if price["amount"] is None else price


@field("Licence.quota")
def quota_of(seen: VisibleRows, licence: Found) -> Found:
    return cost(licence["quota_micro_rho"])


def spent_under(seen: VisibleRows, licence: Found) -> int:
    return sum(row["micro_rho"] for row in seen.releases if row["licence_id"] == licence["id"])


@field("Licence.spent")
def spent_of(seen: VisibleRows, licence: Found) -> Found:
    return cost(spent_under(seen, licence))


@field("Licence.remaining")
def remaining_of(seen: VisibleRows, licence: Found) -> Found:
    granted = licence["status"] == "GRANTED" and licence["ends_on"] >= seen.today
    return cost(max(licence["quota_micro_rho"] - spent_under(seen, licence), 0) if granted else 0)


def cost(micro_rho: int) -> Found:
    return {"micro_rho": micro_rho, "epsilon": epsilon(micro_rho / 1e6), "delta": DELTA}


def epsilon(rho: float) -> float:
    """The least epsilon at DELTA of a rho: over every order a, by thirds; Canonne, Kamath and Steinke 2020, 2.3."""

    def bound(above: float) -> float:
        order = exp(above) + 1
        return order * rho + log1p(-1 / order) - log(DELTA * order) / (order - 1)

    low, high = -10.0, 25.0
    while high - low > 1e-7:
        third = (high - low) / 3
        low, high = (low, high - third) if bound(low + third) < bound(high - third) else (low + third, high)
    return bound(low) if rho > 0 else 0.0
