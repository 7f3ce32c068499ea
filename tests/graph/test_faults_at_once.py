"""Refusals name every fault of an input at once, each at its own place: of every mutation, and of every kind."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type, is_list_type

from models.identity.accounts import StaffRole
from models.viewers import Audience
from tests import factories
from tests.graph.test_texts import VIEWS
from tests.support.boundary_values import nullable
from tests.support.callers import User
from tests.support.client import ANYBODY, Caller
from tests.support.network import Network
from tests.support.surveys import consents, opened

PUBLIC, PATIENT, BUYER, MANAGER = Audience.PUBLIC, Audience.PATIENT, Audience.BUYER, Audience.MANAGER
LONG, UNREADABLE = "w" * 20_000, "a\x07b"
NOWHERE = "00000000-0000-4000-8000-000000000000"
# By scalar, a value that cannot be read, and the code of its refusal.
UNREADABLE_VALUES: Mapping[str, tuple[Any, str]] = {
    "String": (UNREADABLE, "INVALID"),
    "ID": ("nonsense", "NOT_FOUND"),
    "EmailAddress": ("planted", "INVALID"),
    "Date": ("2026-02-30", "INVALID"),
    "DateTime": ("tomorrow", "INVALID"),
    "Decimal": ("1,50", "INVALID"),
}
READABLE = {"Int": 1, "Float": 1.5, "Boolean": True}
# Of signIn, only the e-mail address can be refused at its place: a wrong password is a fault of neither. The password
# of verifyEmail is compared with that of a registration, and an unknown code has none.
OF_ONE_VALUE = {"signIn", "verifyEmail"}
# Of a second factor, one proof is given, and checked last.
OF_ONE_VALUE |= {"signInVerify", "secondFactorConfirm", "secondFactorRemove", "recoveryCodesRenew"}
QUESTION = {"key": "9", "text": "", "kind": "NUMBER", "required": True, "bins": [1], "minimum": 2, "maximum": 1}
CHOICE = {
    "key": "c", "text": "?", "kind": "SINGLE_CHOICE", "required": True,
    "options": [{"code": "!", "label": ""}],
    "visibleWhen": [{"question": "none", "operator": "EQUALS", "values": []}],
}  # fmt: skip
# For each mutation inputs with several faults, and these by their paths. `{name}` stands for the id of an object.
FAULTS: list[tuple[Audience, str, dict[str, Any], str]] = [
    (PUBLIC, "register",
     {"email": "x", "password": "short", "pseudonym": "a@b.c", "kind": "PATIENT", "birthYear": 1800,
      "region": "Atlantis", "locale": "??", "noticeVersion": "0", "termsVersion": "0",
      "clientMutationId": ""},
     "email password pseudonym birthYear region locale noticeVersion termsVersion clientMutationId"),
    (PUBLIC, "organizationJoin", {"code": "x", "password": "short", "clientMutationId": ""},
     "code password clientMutationId"),
    (BUYER, "organizationUserInvite", {"email": "x", "role": "READER", "locale": "??", "clientMutationId": ""},
     "email locale clientMutationId"),
    (PUBLIC, "register",
     {"email": "élise@people.example", "password": "password123", "pseudonym": UNREADABLE, "kind": "RELATIVE",
      "birthYear": 2020, "noticeVersion": "2026-2", "termsVersion": "2026-2"},
     "email password pseudonym birthYear:NOT_ELIGIBLE"),
    (PUBLIC, "emailChangeRevert", {"code": "none", "password": "short"}, "code password"),
    (PATIENT, "emailChange", {"newEmail": "x", "password": "none"}, "newEmail password:WRONG_CREDENTIALS"),
    (PATIENT, "passwordChange", {"password": "none", "newPassword": "short"}, "password:WRONG_CREDENTIALS newPassword"),
    (PATIENT, "removalAppeal", {"post": f"pst_{NOWHERE}", "text": " "}, "post:NOT_FOUND text"),
    (MANAGER, "appealResolve", {"appeal": "x", "accepted": True, "reason": " "}, "appeal:NOT_FOUND reason"),
    (PUBLIC, "resetPassword", {"code": "none", "password": "short"}, "code password"),
    (PATIENT, "profileUpdate",
     {"pseudonym": "x", "about": LONG, "birthYear": 1800, "sex": None, "region": "Atlantis", "locale": "??",
      "sharing": None}, "pseudonym about:TOO_LONG birthYear sex region locale sharing"),
    (PATIENT, "profileUpdate", {"pseudonym": "{taken}", "locale": "??"}, "locale"),
    (PATIENT, "associationUpdate",
     {"fullName": "x", "website": "http://a.org", "email": "planted", "phone": "none", "postalAddress": LONG,
      "descriptions": [{"language": "FR", "text": " "}, {"language": "EN", "text": LONG},
                       {"language": "FR", "text": "Deux"}]},
     ":NOT_ELIGIBLE fullName website email phone postalAddress:TOO_LONG descriptions.0.text "
     "descriptions.1.text:TOO_LONG descriptions.2.language"),
    (PATIENT, "associationUpdate", {"fullName": None, "website": LONG},
     ":NOT_ELIGIBLE fullName website:TOO_LONG"),
    (MANAGER, "associationVerify", {"member": "x", "verified": True, "reason": LONG},
     "member:NOT_FOUND reason:TOO_LONG"),
    (PATIENT, "communityJoin", {"community": "com_x", "diagnosedIn": 1700}, "community:NOT_FOUND diagnosedIn"),
    (PATIENT, "discussionStart",
     {"community": f"com_{NOWHERE}", "title": "a", "body": " ", "about": ["x", f"trt_{NOWHERE}", "{treatment}"]},
     "community:NOT_FOUND title body about.0:NOT_FOUND about.1:NOT_FOUND"),
    (PATIENT, "postAdd", {"discussion": "{closed}", "body": ""}, "discussion:TOO_LATE body"),
    (PATIENT, "postAdd", {"discussion": "x", "body": LONG}, "discussion:NOT_FOUND body:TOO_LONG"),
    (PATIENT, "postEdit", {"post": "{post}", "body": ""}, "post:NOT_FOUND body"),
    (PATIENT, "postFlag", {"post": "x", "reason": "SPAM", "note": LONG}, "post:NOT_FOUND note:TOO_LONG"),
    (MANAGER, "postRemove", {"post": f"pst_{NOWHERE}", "reason": " "}, "post:NOT_FOUND reason"),
    (MANAGER, "postRestore", {"post": "x", "note": LONG}, "post:NOT_FOUND note:TOO_LONG"),
    (MANAGER, "ambassadorAppoint", {"member": "x", "community": f"com_{NOWHERE}", "appointed": True},
     "member:NOT_FOUND community:NOT_FOUND"),
    (MANAGER, "flagResolve", {"flag": "x", "upheld": True, "note": LONG}, "flag:NOT_FOUND note:TOO_LONG"),
    (MANAGER, "memberSuspend", {"member": "x", "reason": "", "until": "0001-01-01T00:00:00+23:59"},
     "member:NOT_FOUND reason until"),
    (PATIENT, "observationsRecord",
     {"observedOn": "2999-01-01", "onBehalfOf": "mbr_x",
      "entries": [{"indicator": "x", "value": 1, "note": LONG}, {"indicator": "{indicator}", "value": 1e9},
                  {"indicator": "{indicator}", "value": 1, "note": UNREADABLE}]},
     "observedOn onBehalfOf:NOT_FOUND entries.0.indicator:NOT_FOUND entries.0.note:TOO_LONG entries.1.value "
     "entries.2.indicator entries.2.note"),
    (PATIENT, "ownIndicatorCreate",
     {"name": LONG, "scale": "QUANTITY", "minimum": 1e300, "onBehalfOf": "mbr_x"},
     "name:TOO_LONG unit minimum maximum onBehalfOf:NOT_FOUND"),
    (PATIENT, "ownIndicatorCreate",
     {"name": UNREADABLE, "scale": "RATING_0_10", "unit": "h", "minimum": 0, "maximum": 5},
     "name unit minimum maximum"),
    (PATIENT, "ownIndicatorRename", {"ownIndicator": "x", "name": " "}, "ownIndicator:NOT_FOUND name"),
    (PATIENT, "ownIndicatorMerge", {"ownIndicator": "x", "into": f"ind_{NOWHERE}"},
     "ownIndicator:NOT_FOUND into:NOT_FOUND"),
    (PATIENT, "ownObservationRecord",
     {"ownIndicator": "x", "observedOn": "2999-01-01", "value": 1, "note": LONG},
     "ownIndicator:NOT_FOUND observedOn note:TOO_LONG"),
    (PATIENT, "ownTreatmentCreate", {"name": UNREADABLE, "kind": "DEVICE"}, "name"),
    (PATIENT, "ownTreatmentRename", {"ownTreatment": "x", "name": " "}, "ownTreatment:NOT_FOUND name"),
    (PATIENT, "ownTreatmentMerge", {"ownTreatment": "x", "into": f"trt_{NOWHERE}"},
     "ownTreatment:NOT_FOUND into:NOT_FOUND"),
    (PATIENT, "ownCourseStart", {"ownTreatment": "x", "startedOn": "2999-01-01", "dose": LONG},
     "ownTreatment:NOT_FOUND startedOn dose:TOO_LONG"),
    (PATIENT, "ownCourseEnd", {"ownCourse": "x", "endedOn": "2999-01-01", "status": "ACTIVE"},
     "ownCourse:NOT_FOUND endedOn status"),
    (PATIENT, "catalogueProposalCreate",
     {"kind": "TREATMENT", "name": "", "description": LONG, "community": f"com_{NOWHERE}", "ownIndicator": "x",
      "ownTreatment": "x"},
     "name description:TOO_LONG community:NOT_FOUND ownIndicator:NOT_FOUND ownTreatment:NOT_FOUND"),
    (MANAGER, "catalogueProposalsAccept", {"proposals": ["x", f"prp_{NOWHERE}"], "entry": "trt_x", "note": LONG},
     "proposals.0:NOT_FOUND proposals.1:NOT_FOUND entry:NOT_FOUND note:TOO_LONG"),
    (MANAGER, "catalogueProposalsMerge", {"proposals": ["x"], "into": f"con_{NOWHERE}", "note": UNREADABLE},
     "proposals.0:NOT_FOUND into:NOT_FOUND note"),
    (MANAGER, "catalogueProposalsDecline", {"proposals": [], "reason": " "}, "proposals reason"),
    (PATIENT, "notificationsRead", {"notifications": ["x", f"ntf_{NOWHERE}"]},
     "notifications.0:NOT_FOUND notifications.1:NOT_FOUND"),
    (PATIENT, "courseStart", {"treatment": "x", "community": "com_x", "startedOn": "2999-01-01", "dose": LONG},
     "treatment:NOT_FOUND community:NOT_FOUND startedOn dose:TOO_LONG"),
    (PATIENT, "courseStart", {"treatment": "{treatment}", "startedOn": "{started}", "dose": LONG},
     "startedOn:TAKEN dose:TOO_LONG"),
    (PATIENT, "courseEnd", {"course": "x", "endedOn": "2999-01-01", "status": "ACTIVE"},
     "course:NOT_FOUND endedOn status"),
    (PATIENT, "courseEnd", {"course": "{course}", "endedOn": "1950-01-01", "status": "STOPPED"}, "endedOn reason"),
    (PATIENT, "courseEvaluate",
     {"course": "x", "effectiveness": 11, "convenience": -1, "satisfaction": 99, "comment": LONG,
      "sideEffects": [{"indicator": "x", "severity": "MILD", "serious": False},
                      {"indicator": "{indicator}", "severity": "MILD", "serious": False}]},
     "course:NOT_FOUND effectiveness convenience satisfaction comment:TOO_LONG sideEffects.0.indicator:NOT_FOUND "
     "sideEffects.1.indicator"),
    (PATIENT, "consentSet",
     {"purpose": "TRACKING_RESEARCH", "granted": True, "recipients": [], "noticeVersion": "0", "noticeLanguage": "FR"},
     "noticeVersion recipients"),
    (PATIENT, "consentSet",
     {"purpose": "TRACKING_RESEARCH", "granted": False, "recipients": ["INSURER"], "noticeVersion": "0",
      "noticeLanguage": "EN"},
     "noticeVersion recipients"),
    (PATIENT, "surveySubmit",
     {"survey": "{survey}", "clientMutationId": "x" * 201,
      "answers": [{"question": "burden", "number": 11}, {"question": "words", "text": LONG},
                  {"question": "words", "text": "twice"}, {"question": "none"},
                  {"question": "how", "date": "2026-02-30"}]},
     "clientMutationId:TOO_LONG answers.0.number answers.1.text:TOO_LONG answers.2.question "
     "answers.3.question:NOT_FOUND answers.4.date answers.treated"),
    (PATIENT, "surveySave",
     {"survey": "{survey}", "answers": [{"question": "treated", "codes": ["x", "YES"], "number": 1, "text": "t"},
                                        {"question": "burden", "number": 1.5}]},
     "answers.0.number answers.0.text answers.0.codes.0 answers.0.codes answers.1.number"),
    (PATIENT, "surveySubmit", {"survey": "x", "answers": [{"question": UNREADABLE, "text": UNREADABLE}]},
     "survey:NOT_FOUND answers.0.question answers.0.text"),
    (BUYER, "licenceRequest",
     {"community": "x", "purpose": "", "purposeKind": "PUBLIC_HEALTH", "undertakings": "0", "startsOn": "2020-01-01",
      "endsOn": "2019-01-01"},
     "community:NOT_FOUND purpose purposeKind:NOT_ELIGIBLE undertakings startsOn endsOn"),
    (BUYER, "dataUseLinkResults", {"dataUse": "x", "url": "http://example.org"}, "dataUse:NOT_FOUND url"),
    (MANAGER, "dataUseLinkResults", {"dataUse": "use_0", "url": LONG}, "dataUse:NOT_FOUND url:TOO_LONG"),
    (BUYER, "licenceRequest",
     {"community": "{community}", "purpose": LONG, "purposeKind": "EDUCATION", "undertakings": UNREADABLE,
      "startsOn": "2026-02-30", "endsOn": "2999-01-01"},
     "purpose:TOO_LONG undertakings startsOn"),
    (BUYER, "apiKeyCreate", {"name": "", "expiresAt": "2020-01-01T00:00:00Z"}, "name expiresAt"),
    (BUYER, "webhookCreate", {"url": "http://10.0.0.1", "description": "", "events": []}, "url description events"),
    (BUYER, "webhookCreate", {"url": f"https://hooks.example/{'a' * 500}", "description": "", "events": []},
     "url:TOO_LONG description events"),
    (BUYER, "insightPublish",
     {"dataset": "{dataset}", "variable": "x", "by": ["y", UNREADABLE], "precision": "WITHIN_50"},
     "dataset:LICENCE_REQUIRED variable by.0 by.1"),
    (BUYER, "insightPublish",
     {"dataset": "{dataset}", "variable": "x", "by": ["y"], "precision": "WITHIN_50", "licence": "x"},
     "licence:NOT_FOUND variable by.0"),
    (BUYER, "insightPublish",
     {"dataset": "{dataset}", "variable": "x", "precision": "WITHIN_50",
      "groupings": [{"variable": "y", "name": LONG, "groups": [{"categories": [], "label": ""}]}]},
     "dataset:LICENCE_REQUIRED variable groupings.0.variable groupings.0.name:TOO_LONG groupings.0.groups.0.label"),
    (BUYER, "insightPlanPublish",
     {"dataset": "{dataset}", "licence": "x",
      "questions": [{"variable": "x", "by": ["y", UNREADABLE], "precision": "WITHIN_50"},
                    {"variable": UNREADABLE, "precision": "WITHIN_50",
                     "groupings": [{"variable": "y", "name": LONG, "groups": [{"categories": [], "label": ""}]}]}]},
     "licence:NOT_FOUND questions.0.variable questions.0.by.0 questions.0.by.1 questions.1.variable "
     "questions.1.groupings.0.variable questions.1.groupings.0.name:TOO_LONG "
     "questions.1.groupings.0.groups.0.label"),
    (MANAGER, "insightPublish", {"dataset": "x", "variable": UNREADABLE, "precision": "WITHIN_50"},
     "dataset:NOT_FOUND variable"),
    (MANAGER, "licenceDecide",
     {"licence": "x", "granted": True, "price": {"amount": "-1", "currency": "eur"}, "reason": "None."},
     "licence:NOT_FOUND quota price.amount price.currency reason"),
    (MANAGER, "licenceDecide",
     {"licence": "x", "granted": False, "price": {"amount": "1", "currency": "EUR"}, "quota": 1, "reason": LONG},
     "licence:NOT_FOUND quota price reason:TOO_LONG"),
    (MANAGER, "organizationCreate", {"name": " ", "kind": "HOSPITAL", "contactEmail": "x", "locale": "??"},
     "name contactEmail locale"),
    (MANAGER, "organizationCreate",
     {"name": "{organization}", "kind": "HOSPITAL", "contactEmail": "{address}", "locale": "??"},
     "name:TAKEN locale"),
    (MANAGER, "organizationCreate", {"name": LONG, "kind": "HOSPITAL", "contactEmail": "{address}"},
     "name:TOO_LONG"),
    (PATIENT, "secondFactorStart", {"kind": "TOTP", "name": " ", "password": "none"},
     "name password:WRONG_CREDENTIALS"),
    (MANAGER, "staffCreate", {"name": " ", "email": "{address}", "roles": [], "locale": "??"},
     "name locale"),
    (MANAGER, "staffCreate", {"name": LONG, "email": "x", "roles": [], "locale": "??"}, "name:TOO_LONG email locale"),
    (MANAGER, "staffUpdate", {"staff": f"stf_{NOWHERE}", "name": "", "roles": None}, "staff:NOT_FOUND name roles"),
    (MANAGER, "memberAllowCommunities", {"member": "x", "communities": -1}, "member:NOT_FOUND communities"),
    (MANAGER, "waveFreeze", {"community": f"com_{NOWHERE}", "wave": " ", "offeredTo": [], "cap": 49_999},
     "community:NOT_FOUND wave offeredTo cap"),
    (MANAGER, "conditionCreate",
     {"name": "", "icd10": "G3", "orpha": "x586", "hpo": "HP:1",
      "translations": [{"language": "EN", "name": " "}, {"language": "FR", "name": "Nom"},
                       {"language": "FR", "name": LONG}]},
     "name icd10 orpha hpo translations.0.language translations.0.name translations.2.language "
     "translations.2.name:TOO_LONG"),
    (MANAGER, "conditionUpdate", {"condition": "x", "version": 1, "name": None, "icd10": "?", "translations": None},
     "condition:NOT_FOUND name icd10 translations"),
    (MANAGER, "conditionUpdate", {"condition": "{condition}", "version": 7, "name": "{condition_name}"},
     "version:CONFLICT name:TAKEN"),
    (MANAGER, "communityCreate",
     {"name": " ", "description": LONG, "slug": "A b", "condition": "x", "neededCount": 1, "searchWords": LONG,
      "translations": [{"language": "FR", "name": "", "description": ""}]},
     "name description:TOO_LONG slug condition:NOT_FOUND neededCount searchWords:TOO_LONG translations.0.name "
     "translations.0.description"),
    (MANAGER, "communityUpdate",
     {"community": "{community}", "version": 7, "name": None, "condition": "{condition}", "neededCount": 0},
     "version:CONFLICT name condition:TOO_LATE neededCount"),
    (MANAGER, "indicatorMerge", {"indicator": f"ind_{NOWHERE}", "into": "ind_x"}, "indicator:NOT_FOUND into:NOT_FOUND"),
    (MANAGER, "treatmentMerge", {"treatment": f"trt_{NOWHERE}", "into": "trt_x"}, "treatment:NOT_FOUND into:NOT_FOUND"),
    (MANAGER, "communityMerge", {"community": "x", "into": f"com_{NOWHERE}"}, "community:NOT_FOUND into:NOT_FOUND"),
    (MANAGER, "communityIndicatorsSet",
     {"community": "{community}", "version": 7, "indicators": ["x", "{indicator}", "{indicator}"]},
     "version:CONFLICT indicators.0:NOT_FOUND indicators.2"),
    (MANAGER, "communityTreatmentsSet",
     {"community": "x", "version": 7, "treatments": [f"trt_{NOWHERE}", "{treatment}", "{treatment}"]},
     "community:NOT_FOUND treatments.0:NOT_FOUND treatments.2"),
    (MANAGER, "indicatorCreate",
     {"name": LONG, "slug": "-", "kind": "SYMPTOM", "scale": "RATING_0_10", "minimum": 1, "maximum": 5, "unit": "kg",
      "ucum": "kilo", "hpo": "?", "loinc": "2345-8", "layNames": ["ok", ""], "searchWords": LONG},
     "name:TOO_LONG slug minimum maximum unit ucum hpo loinc layNames.1 searchWords:TOO_LONG"),
    (MANAGER, "indicatorCreate",
     {"name": "Days", "kind": "MEASUREMENT", "scale": "QUANTITY", "minimum": 0, "maximum": 5, "unit": "days",
      "translations": [{"language": "EN", "name": "", "unit": LONG, "layNames": ["ok", " "]}]},
     "translations.0.language translations.0.name translations.0.unit:TOO_LONG translations.0.layNames.1"),
    (MANAGER, "indicatorUpdate",
     {"indicator": "{rating}", "version": 7,
      "translations": [{"language": "FR", "name": " ", "unit": "jours", "layNames": [LONG]}]},
     "version:CONFLICT translations.0.name translations.0.unit translations.0.layNames.0:TOO_LONG"),
    (MANAGER, "indicatorUpdate",
     {"indicator": "{indicator}", "version": 7, "name": None, "minimum": 1, "maximum": 9, "hpo": "?"},
     "version:CONFLICT name minimum:TOO_LATE maximum:TOO_LATE hpo"),
    (MANAGER, "treatmentCreate",
     {"name": "", "slug": "a--b", "kind": "THERAPY", "inn": "tea", "atc": "Z", "nationalCode": "1"},
     "name slug inn atc nationalCode"),
    (MANAGER, "treatmentUpdate",
     {"treatment": "{treatment}", "version": 7, "name": " ", "kind": None, "atc": "L04AX033",
      "nationalCode": "6000000"},
     "version:CONFLICT name kind atc nationalCode"),
    (MANAGER, "surveySchedule", {"survey": f"svy_{NOWHERE}", "cap": 250_001}, "survey:NOT_FOUND cap"),
    (MANAGER, "surveyCreate",
     {"community": "x", "title": "", "description": LONG, "questions": [QUESTION, CHOICE], "minimumParticipants": 0,
      "opensOn": "2020-01-01", "closesOn": "2019-01-01", "offeredTo": [],
      "eligibility": {"bornFrom": 1800, "bornTo": 1700, "treatments": ["x"], "regions": ["Bretagne", "Atlantis", ""]}},
     "community:NOT_FOUND title description:TOO_LONG questions.0.key questions.0.text questions.0.bins "
     "questions.0.maximum questions.1.options questions.1.options.0.code questions.1.options.0.label "
     "questions.1.visibleWhen.0.question minimumParticipants opensOn closesOn offeredTo eligibility.bornFrom "
     "eligibility.bornTo eligibility.treatments.0:NOT_FOUND eligibility.regions.1 eligibility.regions.2"),
    (MANAGER, "surveyRevise",
     {"survey": "x", "title": LONG, "description": " ", "questions": [], "closesOn": "2019-01-01",
      "minimumParticipants": 0},
     "survey:NOT_FOUND title:TOO_LONG description questions closesOn minimumParticipants"),
]  # fmt: skip


@pytest_asyncio.fixture(scope="module")
async def callers(network: Network) -> dict[Audience, Caller]:
    found: dict[Audience, Caller] = {
        PUBLIC: ANYBODY,
        PATIENT: await network.member(),
        BUYER: await network.buyer(),
        MANAGER: await network.staff(*StaffRole),
    }
    # Credentials that no password matches.
    await network.value(
        "INSERT INTO identity.credential (account_id, password_hash) SELECT id, 'none' FROM identity.account"
        " ON CONFLICT DO NOTHING"
    )
    return found


@pytest_asyncio.fixture(scope="module")
async def ids(network: Network, callers: dict[Audience, Caller]) -> dict[str, str]:
    """Ids and names of objects that the patient, the buyer or staff can see."""
    database, patient, manager = network.database, callers[PATIENT], callers[MANAGER]
    assert isinstance(patient, User)
    community = await factories.community(database)
    await factories.membership(database, member_id=patient.id, community_id=community["id"])
    discussion = await factories.discussion(database, community_id=community["id"], closed=True)
    post = await factories.post(database)
    treatment = await factories.treatment(database)
    course = await factories.course(database, member_id=patient.id, treatment_id=treatment["id"])
    indicator = await factories.indicator(database, kind="MEASUREMENT", scale="QUANTITY", minimum=0, maximum=10)
    rating = await factories.indicator(database)
    other = await network.member(community["id"])
    organization = await factories.organization(database)
    account = await factories.account(database, organization_id=organization["id"])
    await factories.credential(database, account_id=account["id"])
    await consents(network, patient)
    survey = await opened(network, manager, community["id"], patient, other)
    dataset = await factories.dataset(database, community_id=community["id"], status="OPEN")
    condition = await factories.condition(database)
    other_condition = await factories.condition(database)
    return {
        "condition": f"con_{condition['id']}",
        "condition_name": other_condition["name"].upper(),
        "community": f"com_{community['id']}",
        "closed": f"dis_{discussion['id']}",
        "post": f"pst_{post['id']}",
        "treatment": f"trt_{treatment['id']}",
        "course": f"crs_{course['id']}",
        "started": course["started_on"].isoformat(),
        "indicator": f"ind_{indicator['id']}",
        "rating": f"ind_{rating['id']}",
        "taken": other.name,
        "organization": organization["name"].upper(),
        "address": account["email"],
        "survey": survey,
        "dataset": f"dst_{dataset['id']}",
    }


def filled(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: filled(each, ids) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, ids) for each in value]
    return ids[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value


async def refused(network: Network, caller: Caller, audience: Audience, name: str, given: Any) -> list[str]:
    """The refusals of a mutation, `path` or `path:CODE` where the code is not INVALID, sorted."""
    declared = VIEWS[audience]._schema.mutation_type.fields[name].args["input"].type  # type: ignore[union-attr]
    document = f"mutation ($input: {declared}) {{ {name}(input: $input) {{ userErrors {{ code path message }} }} }}"
    answer = await network.ask(caller, document, {"input": given})
    assert "errors" not in answer, answer
    found = []
    for error in answer["data"][name]["userErrors"]:
        assert error["path"][0] == "input"
        assert not any(word in error["message"] for word in ("planted", UNREADABLE, "Atlantis"))
        found.append(".".join(error["path"][1:]) + ("" if error["code"] == "INVALID" else f":{error['code']}"))
    return sorted(found)


@pytest.mark.parametrize(
    ("audience", "name", "given", "expected"), FAULTS, ids=[f"{row[1]}-{n}" for n, row in enumerate(FAULTS)]
)
async def test_every_fault_is_reported_at_once_and_nothing_is_written(
    network: Network,
    callers: dict[Audience, Caller],
    ids: dict[str, str],
    audience: Audience,
    name: str,
    given: dict[str, Any],
    expected: str,
) -> None:
    assert await refused(network, callers[audience], audience, name, filled(given, ids)) == sorted(expected.split())


# Inputs with a fault, and where they name a person: `{address}` has an account, and `{taken}` is a member's pseudonym.
NAMING: list[tuple[Audience, str, dict[str, Any], str]] = [
    (PUBLIC, "register",
     {"email": "{address}", "password": "correct horse battery staple", "pseudonym": "{taken}", "kind": "PATIENT",
      "birthYear": 1980, "noticeVersion": "0", "termsVersion": "2026-2"}, "email pseudonym"),
    (PATIENT, "emailChange", {"newEmail": "{address}", "password": "none"}, "newEmail"),
    (PATIENT, "profileUpdate", {"pseudonym": "{taken}", "locale": "??"}, "pseudonym"),
    (PATIENT, "careLinkInvite", {"pseudonym": "{taken}", "clientMutationId": ""}, "pseudonym"),
    (BUYER, "organizationUserInvite", {"email": "{address}", "role": "READER", "locale": "??"}, "email"),
    (MANAGER, "organizationCreate",
     {"name": "New", "kind": "HOSPITAL", "contactEmail": "{address}", "locale": "??"}, "contactEmail"),
    (MANAGER, "staffCreate", {"name": "", "email": "{address}", "roles": []}, "email"),
    (MANAGER, "staffCreate", {"name": "Noé", "email": "{address}", "roles": [], "locale": "??"}, "email"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("audience", "name", "given", "naming"), NAMING, ids=[f"{row[1]}-{n}" for n, row in enumerate(NAMING)]
)
async def test_an_input_at_fault_does_not_reveal_whom_it_names(
    network: Network,
    callers: dict[Audience, Caller],
    ids: dict[str, str],
    audience: Audience,
    name: str,
    given: dict[str, Any],
    naming: str,
) -> None:
    """A refused input leaves no trace: anybody could try names this way as often as they like."""
    known = filled(given, ids)
    unknown = known | {
        each: f"nobody-{uuid4().hex}@people.example" if "mail" in each else f"Nobody {uuid4().hex[:8]}"
        for each in naming.split()
    }
    found = await refused(network, callers[audience], audience, name, known)
    assert found != []
    assert found == await refused(network, callers[audience], audience, name, unknown)


def test_every_mutation_with_several_values_is_tried() -> None:
    several = {
        name
        for view in VIEWS.values()
        for name, field in view._schema.mutation_type.fields.items()  # type: ignore[union-attr]
        if "input" in field.args and len(refusable(get_named_type(field.args["input"].type))) > 1
    }
    missing = several - OF_ONE_VALUE - {name for _, name, _, _ in FAULTS}
    assert not missing, "add a row with several faults to FAULTS"
    assert len(several) > 20


def refusable(kind: Any) -> list[str]:
    """The fields of an input of which some values fit the type and are refused."""
    return [
        name
        for name, field in kind.fields.items()
        if name != "clientMutationId"
        and not (isinstance(of := get_named_type(field.type), GraphQLEnumType) or of.name == "Boolean")
    ]


def unreadable(
    kind: GraphQLInputObjectType, path: str = "", seen: tuple[str, ...] = ()
) -> tuple[dict[str, Any], list[str]]:
    """An input of which nothing that is text can be read, with the paths of its faults."""
    made: dict[str, Any] = {}
    faults: list[str] = []
    for name, field in kind.fields.items():
        named, listed = get_named_type(field.type), is_list_type(nullable(field.type))
        place = f"{path}{name}" + (".0" if listed else "")
        value: Any = None
        if isinstance(named, GraphQLInputObjectType):
            value, inner = unreadable(named, f"{place}.", (*seen, named.name))
            faults += inner
        elif isinstance(named, GraphQLEnumType):
            value = next(iter(named.values))
        elif named.name in READABLE:
            value = READABLE[named.name]
        elif name != "password":
            value, code = UNREADABLE_VALUES[named.name]
            faults.append(place + ("" if code == "INVALID" else f":{code}"))
        else:
            value = "correct horse battery staple"
        made[name] = [value] if listed else value
    return made, faults


@pytest.mark.parametrize(
    ("audience", "name"),
    [
        (audience, name)
        for audience, view in VIEWS.items()
        for name, field in view._schema.mutation_type.fields.items()  # type: ignore[union-attr]
        if "input" in field.args
    ],
    ids=lambda each: str(getattr(each, "name", each)),
)
async def test_everything_that_cannot_be_read_is_reported_at_once(
    network: Network, callers: dict[Audience, Caller], audience: Audience, name: str
) -> None:
    kind: Any = get_named_type(VIEWS[audience]._schema.mutation_type.fields[name].args["input"].type)  # type: ignore[union-attr]
    given, faults = unreadable(kind)
    found = await refused(network, callers[audience], audience, name, given)
    assert not set(faults) - set(found)
    places = [each.partition(":")[0] for each in found]
    assert [fault for fault in faults if places.count(fault.partition(":")[0]) > 1] == [], (
        "a stand-in is refused as well"
    )


async def test_a_refused_input_changes_nothing_although_other_faults_were_looked_for(
    network: Network, callers: dict[Audience, Caller], ids: dict[str, str]
) -> None:
    patient, manager = callers[PATIENT], callers[MANAGER]
    name = await network.value("SELECT pseudonym FROM care.member WHERE id = $1", patient.id)  # type: ignore[attr-defined]
    fresh = f"Fresh {uuid4().hex[:8]}"
    assert await refused(network, patient, PATIENT, "profileUpdate", {"pseudonym": fresh, "locale": "??"}) == ["locale"]
    assert await network.value("SELECT pseudonym FROM care.member WHERE id = $1", patient.id) == name  # type: ignore[attr-defined]
    organization = {"name": fresh, "kind": "MUTUAL", "contactEmail": "fresh@people.example", "locale": "??"}
    mails = await network.value("SELECT count(*) FROM identity.outbox_entry")
    assert await refused(network, manager, MANAGER, "organizationCreate", organization) == ["locale"]
    assert await network.value("SELECT count(*) FROM insight.organization WHERE name = $1", fresh) == 0
    assert await network.value("SELECT count(*) FROM identity.outbox_entry") == mails
    done = await network.do(manager, "organizationCreate", "organization { name }", **organization | {"locale": "fr"})
    assert done == {"organization": {"name": fresh}, "userErrors": []}


async def test_a_request_that_was_refused_may_be_sent_again_with_its_id(
    network: Network, callers: dict[Audience, Caller]
) -> None:
    buyer, given = callers[BUYER], {"expiresAt": "2020-01-01T00:00:00Z", "name": "", "clientMutationId": "once"}
    assert await refused(network, buyer, BUYER, "apiKeyCreate", given) == ["expiresAt", "name"]
    unreadable_time = given | {"expiresAt": "soon"}
    assert await refused(network, buyer, BUYER, "apiKeyCreate", unreadable_time) == ["expiresAt", "name"]
    assert await refused(network, buyer, BUYER, "apiKeyCreate", given) == ["expiresAt", "name"]
