"""Single-line texts: which texts of the graph's inputs may have several lines, and that all others refuse them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLInputObjectType, get_named_type

from models.identity.accounts import StaffRole
from models.identity.members import MemberKind
from resolvers.identity.passwords import HASHER
from tests import factories
from tests.support.client import ANYBODY, Caller, views
from tests.support.network import Network
from tests.support.newcomers import newcomer
from tests.support.surveys import CHOICES, QUESTIONS, in_days, today, wanted

SEVERAL_LINES: Mapping[str, str] = {
    "AppealResolveInput": "reason",
    "AnswerInput": "text",
    "AssociationDescriptionInput": "text",
    "AssociationUpdateInput": "postalAddress",
    "AssociationVerifyInput": "reason",
    "CommunityCreateInput": "description searchWords",
    "CommunityTranslationInput": "description",
    "CommunityUpdateInput": "description searchWords",
    "CatalogueProposalCreateInput": "description",
    "CatalogueProposalsAcceptInput": "note",
    "CatalogueProposalsDeclineInput": "reason",
    "CatalogueProposalsMergeInput": "note",
    "CourseEvaluateInput": "comment",
    "DiscussionStartInput": "body",
    "FlagResolveInput": "note",
    "IndicatorCreateInput": "searchWords",
    "IndicatorUpdateInput": "searchWords",
    "LicenceDecideInput": "reason",
    "LicenceRequestInput": "purpose",
    "MemberSuspendInput": "reason",
    "ObservationEntry": "note",
    "OwnObservationRecordInput": "note",
    "PostAddInput": "body",
    "PostEditInput": "body",
    "PostFlagInput": "note",
    "PostRemoveInput": "reason",
    "PostRestoreInput": "note",
    "ProfileUpdateInput": "about",
    "QuestionInput": "help text",
    "QuestionTranslationInput": "help text",
    "RemovalAppealInput": "text",
    "SurveyCreateInput": "description",
    "SurveyReviseInput": "description",
    "SurveyTranslationInput": "description",
    "TreatmentCreateInput": "searchWords",
    "TreatmentUpdateInput": "searchWords",
}
# Compared with what is stored or listed, and refused if they differ; or secrets.
NOT_STORED_AS_WRITTEN: Mapping[str, str] = {
    "AccountDeleteInput": "password",
    "AnswerInput": "codes question",
    "CareLinkInviteInput": "pseudonym",
    "CategoryFilter": "in variable",
    "CategoryGroupInput": "categories",
    "ConsentSetInput": "noticeVersion",
    "EligibilityInput": "regions",
    "EmailChangeConfirmInput": "code",
    "EmailChangeInput": "password",
    "EmailChangeRevertInput": "code password",
    "GroupingInput": "variable",
    "InsightInput": "by variable",
    "InsightQuoteInput": "by variable",
    "LicenceRequestInput": "undertakings",
    "OrganizationJoinInput": "code password",
    "OrganizationLeaveInput": "password",
    "PlannedQuestionInput": "by variable",
    "PasswordChangeInput": "newPassword password",
    "ProfileUpdateInput": "region",
    "RegisterInput": "noticeVersion password region termsVersion",
    "ResetPasswordInput": "code password",
    "RecoveryCodesRenewInput": "challenge passkey recoveryCode totp",
    "SecondFactorConfirmInput": "challenge passkey totp",
    "SecondFactorRemoveInput": "challenge passkey recoveryCode totp",
    "SecondFactorStartInput": "challenge passkey password recoveryCode totp",
    "SignInInput": "password",
    "SignInVerifyInput": "challenge passkey recoveryCode totp",
    "TermsAcceptInput": "termsVersion",
    "VerifyEmailInput": "code password",
    "VisibilityRuleInput": "question values",
    "WebhookCreateInput": "url",
}
LINES: Mapping[str, str] = {
    "ApiKeyCreateInput": "name",
    "AssociationUpdateInput": "fullName phone website",
    "CategoryGroupInput": "label",
    "CommunityCreateInput": "name slug",
    "CommunityTranslationInput": "name",
    "AccountUpdateInput": "locale",
    "CommunityUpdateInput": "name",
    "ConditionCreateInput": "hpo icd10 name orpha",
    "ConditionUpdateInput": "hpo icd10 name orpha",
    "CatalogueProposalCreateInput": "name",
    "CourseStartInput": "dose",
    "DataUseLinkResultsInput": "url",
    "DiscussionStartInput": "title",
    "GroupingInput": "name",
    "IndicatorCreateInput": "hpo layNames loinc name slug ucum unit",
    "IndicatorTranslationInput": "layNames name unit",
    "IndicatorUpdateInput": "hpo layNames loinc name ucum unit",
    "MoneyInput": "currency",
    "NameTranslationInput": "name",
    "OptionTranslationInput": "label",
    "OrganizationCreateInput": "locale name",
    "OrganizationUserInviteInput": "locale",
    "OwnCourseStartInput": "dose",
    "OwnIndicatorCreateInput": "name unit",
    "OwnIndicatorRenameInput": "name",
    "OwnTreatmentCreateInput": "name",
    "OwnTreatmentRenameInput": "name",
    "ProfileUpdateInput": "locale pseudonym",
    "QuestionInput": "key",
    "QuestionOptionInput": "code label",
    "RegisterInput": "locale pseudonym",
    "SecondFactorStartInput": "name",
    "StaffCreateInput": "locale name",
    "StaffUpdateInput": "name",
    "SurveyCreateInput": "title",
    "SurveyReviseInput": "title",
    "SurveyTranslationInput": "title",
    "TreatmentCreateInput": "atc inn name nationalCode slug",
    "TreatmentUpdateInput": "atc inn name nationalCode",
    "WaveFreezeInput": "wave",
    "WebhookCreateInput": "description",
}
ENDS = ["\n", "\r\n", "\r", "\t", "\u2028", "\u2029", "\n\n"]


def named(fields: Mapping[str, str]) -> list[str]:
    return [f"{kind}.{name}" for kind, names in fields.items() for name in names.split()]


def texts() -> set[str]:
    """The fields of inputs that take a text, in every view."""
    types = {name: kind for view in views().values() for name, kind in view._schema.type_map.items()}
    return {
        f"{name}.{each}"
        for name, kind in types.items()
        if isinstance(kind, GraphQLInputObjectType)
        for each, field in kind.fields.items()
        if get_named_type(field.type).name == "String" and each != "clientMutationId"
    }


def test_every_text_is_one_that_may_have_several_lines_or_is_tested_to_have_one() -> None:
    assert sorted(texts()) == sorted(named(SEVERAL_LINES) + named(NOT_STORED_AS_WRITTEN) + named(LINES))


async def request(
    network: Network, community_id: UUID, field: str, text: str
) -> tuple[Caller, str, dict[str, Any], str]:
    """A caller, a mutation, its input with a text in a field, and the path of that field."""
    community, db = f"com_{community_id}", network.database
    given: dict[str, Any]
    kind, name = field.split(".")
    if kind == "ApiKeyCreateInput":
        return await network.buyer(), "apiKeyCreate", {name: text, "expiresAt": f"{in_days(30)}T00:00:00Z"}, name
    if kind == "WebhookCreateInput":
        given = {"url": "http://127.0.0.1:9000/", "description": "Reports", "events": ["DATASET_FROZEN"]}
        return await network.buyer(), "webhookCreate", given | {name: text}, name
    if kind == "DataUseLinkResultsInput":
        return await network.staff(StaffRole.DATA_STEWARD), "dataUseLinkResults", {"dataUse": "use_1", name: text}, name
    if kind in ("CategoryGroupInput", "GroupingInput"):
        dataset = await factories.dataset(db, community_id=community_id)
        await factories.variable(db, dataset_id=dataset["id"], name="arm", codes=["A", "B", "C", "UNKNOWN"])
        group = {"categories": ["A", "B"]} | ({name: text} if kind == "CategoryGroupInput" else {})
        grouping = {"variable": "arm", "groups": [group]} | ({name: text} if kind == "GroupingInput" else {})
        given = {"dataset": f"dst_{dataset['id']}", "variable": "arm", "precision": "WITHIN_50"}
        path = f"groupings.0.{'groups.0.' if kind == 'CategoryGroupInput' else ''}{name}"
        steward = await network.staff(StaffRole.DATA_STEWARD)
        return steward, "insightPublish", given | {"groupings": [grouping]}, path
    if kind == "AssociationUpdateInput":
        return await network.member(kind=MemberKind.ASSOCIATION), "associationUpdate", {name: text}, name
    if kind == "CatalogueProposalCreateInput":
        return await network.member(), "catalogueProposalCreate", {"kind": "SYMPTOM", name: text}, name
    if kind == "OwnIndicatorCreateInput":
        given = {"name": "Walks", "scale": "QUANTITY", "unit": "km", "minimum": 0, "maximum": 50}
        return await network.member(), "ownIndicatorCreate", given | {name: text}, name
    if kind == "OwnIndicatorRenameInput":
        member = await network.member()
        own = await factories.own_indicator(db, member_id=member.id)
        return member, "ownIndicatorRename", {"ownIndicator": f"own_{own['id']}", name: text}, name
    if kind == "OwnTreatmentCreateInput":
        return await network.member(), "ownTreatmentCreate", {"kind": "DEVICE", name: text}, name
    if kind in ("OwnTreatmentRenameInput", "OwnCourseStartInput"):
        member = await network.member()
        given = {"ownTreatment": f"otr_{(await factories.own_treatment(db, member_id=member.id))['id']}", name: text}
        if kind == "OwnTreatmentRenameInput":
            return member, "ownTreatmentRename", given, name
        return member, "ownCourseStart", given | {"startedOn": today().isoformat()}, name
    if kind == "CourseStartInput":
        given = {"treatment": f"trt_{(await factories.treatment(db))['id']}", "startedOn": today().isoformat()}
        return await network.member(community_id), "courseStart", given | {name: text}, name
    if kind == "DiscussionStartInput":
        given = {"community": community, "body": "b", name: text}
        return await network.member(community_id), "discussionStart", given, name
    if kind == "MoneyInput":
        licence = await factories.licence(db, community_id=community_id, status="REQUESTED")
        price = {"amount": "1", name: text}
        given = {"licence": f"lic_{licence['id']}", "granted": True, "quota": 1, "price": price}
        return await network.staff(StaffRole.DATA_STEWARD), "licenceDecide", given, f"price.{name}"
    if kind == "OrganizationCreateInput":
        given = {"name": "A laboratory", "kind": "LABORATORY", "contactEmail": "contact@lab.example"} | {name: text}
        return await network.staff(StaffRole.DATA_STEWARD), "organizationCreate", given, name
    if kind == "OrganizationUserInviteInput":
        given = {"email": "analyst@lab.example", "role": "ANALYST", name: text}
        return await network.buyer(), "organizationUserInvite", given, name
    if kind == "SecondFactorStartInput":
        member = await network.member()
        account = await network.value("SELECT id FROM identity.account WHERE member_id = $1", member.id)
        hashed = HASHER.hash("seven green lamps")
        await factories.credential(db, account_id=account, password_hash=hashed)
        return member, "secondFactorStart", {"kind": "TOTP", "password": "seven green lamps", name: text}, name
    if kind == "StaffCreateInput":
        given = {"name": "Camille", "email": "camille@cohorte.example", "roles": []} | {name: text}
        return await network.staff(StaffRole.ADMINISTRATOR), "staffCreate", given, name
    if kind == "StaffUpdateInput":
        given = {"staff": f"stf_{(await factories.staff(db))['id']}", name: text}
        return await network.staff(StaffRole.ADMINISTRATOR), "staffUpdate", given, name
    if kind == "AccountUpdateInput":
        return await network.buyer(), "accountUpdate", {name: text}, name
    if kind == "ProfileUpdateInput":
        return await network.member(), "profileUpdate", {name: text}, name
    if kind == "RegisterInput":
        return ANYBODY, "register", newcomer("line", **{name: text}), name
    if kind == "WaveFreezeInput":
        given = {"community": community, "offeredTo": ["HOSPITAL"], name: text}
        return await network.staff(StaffRole.SURVEY_MANAGER), "waveFreeze", given, name
    if kind in (*CATALOGUE, "CommunityTranslationInput", "IndicatorTranslationInput", "NameTranslationInput"):
        return await catalogue_request(network, kind, name, text)
    manager = await network.staff(StaffRole.SURVEY_MANAGER)
    if kind == "SurveyReviseInput":
        made = await network.do(manager, "surveyCreate", "survey { id }", **wanted(community_id))
        return manager, "surveyRevise", {"survey": made["survey"]["id"], name: text}, name
    if kind == "SurveyCreateInput":
        return manager, "surveyCreate", wanted(community_id, **{name: text}), name
    if kind == "SurveyTranslationInput":
        translation = {"language": "FR", "title": "t", "description": "d", name: text}
        given = wanted(community_id, translations=[translation])
        return manager, "surveyCreate", given, f"translations.0.{name}"
    question: Mapping[str, Any] = QUESTIONS[0]
    if kind == "OptionTranslationInput":
        options = [CHOICES[0] | {"translations": [{"language": "FR", name: text}]}, *CHOICES[1:]]
        given = wanted(community_id, questions=[{**question, "options": options}])
        return manager, "surveyCreate", given, f"questions.0.options.0.translations.0.{name}"
    if kind == "QuestionOptionInput":
        options = [CHOICES[0] | {name: text}, *CHOICES[1:]]
        return (
            manager,
            "surveyCreate",
            wanted(community_id, questions=[{**question, "options": options}]),
            (f"questions.0.options.0.{name}"),
        )
    assert kind == "QuestionInput"
    return manager, "surveyCreate", wanted(community_id, questions=[{**question, name: text}]), f"questions.0.{name}"


CATALOGUE: Mapping[str, dict[str, Any]] = {  # inputs of catalogue editors, without what they are about
    "CommunityCreateInput": {"name": "Community", "description": "Together."},
    "CommunityUpdateInput": {"version": 1},
    "ConditionCreateInput": {"name": "Condition"},
    "ConditionUpdateInput": {"version": 1},
    "IndicatorCreateInput": {
        "name": "Indicator", "kind": "MEASUREMENT", "scale": "QUANTITY", "minimum": 0, "maximum": 9, "unit": "kg"
    },
    "IndicatorUpdateInput": {"version": 1},
    "TreatmentCreateInput": {"name": "Treatment", "kind": "MEDICATION"},
    "TreatmentUpdateInput": {"version": 1},
}  # fmt: skip


async def catalogue_request(
    network: Network, kind: str, name: str, text: str
) -> tuple[Caller, str, dict[str, Any], str]:
    """As `request`, for the inputs of catalogue editors."""
    editor, value, path = await network.staff(StaffRole.CATALOGUE_EDITOR), text, name
    given: dict[str, Any] = {name: text}
    if kind.endswith("TranslationInput"):
        text_of = {"language": "FR", "name": "Nom"} | ({"description": "Un lieu."} if kind[0] == "C" else {})
        kind = {"C": "CommunityCreateInput", "I": "IndicatorCreateInput", "N": "ConditionCreateInput"}[kind[0]]
        place = f"{name}.0" if name == "layNames" else name
        given = {"translations": [text_of | {name: [value] if name == "layNames" else value}]}
        path = f"translations.0.{place}"
    elif name == "layNames":
        given, path = {name: [value]}, f"{name}.0"
    entry, number = kind.removesuffix("CreateInput").removesuffix("UpdateInput").lower(), next(factories.numbers)
    base = dict(CATALOGUE[kind])
    if "name" in base:
        base["name"] = f"{base['name']} {number}"
    if kind == "CommunityCreateInput":
        base["condition"] = f"con_{(await factories.condition(network.database))['id']}"
    if kind.endswith("UpdateInput"):
        quantity = {"scale": "QUANTITY"} if entry == "indicator" else {}
        made = await getattr(factories, entry)(network.database, **quantity)
        prefix = {"community": "com", "condition": "con", "indicator": "ind", "treatment": "trt"}[entry]
        base[entry] = f"{prefix}_{made['id']}"
    return editor, f"{entry}{'Update' if kind.endswith('UpdateInput') else 'Create'}", base | given, path


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("field", named(LINES))
async def test_a_line_contains_no_line_ends_or_tabs(network: Network, community_id: UUID, field: str, end: str) -> None:
    who, mutation, given, path = await request(network, community_id, field, f"abc{end}def")
    assert await network.refused(who, mutation, **given) == ("INVALID", f"input.{path}")


@pytest.mark.parametrize("dose", ["500 mg\n", "\n500 mg", " 500 mg\t"])
async def test_white_space_around_a_dose_is_no_line_of_its_own(network: Network, community_id: UUID, dose: str) -> None:
    who, mutation, given, _ = await request(network, community_id, "CourseStartInput.dose", dose)
    payload = await network.do(who, mutation, "course { dose }", **given)
    assert payload == {"course": {"dose": "500 mg"}, "userErrors": []}
