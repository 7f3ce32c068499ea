"""Which role of staff each mutation of the manager view requires: every mutation is classified."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLObjectType

from models.identity.accounts import StaffRole
from models.viewers import Audience
from tests.support.client import views
from tests.support.network import Network
from tests.support.unreadable import unreadable

SURVEY_MANAGER, MODERATOR, STEWARD, EDITOR, ADMINISTRATOR = StaffRole
NOBODY = UUID(int=0, version=4)
COMMUNITY, DATASET, LICENCE, MEMBER = f"com_{NOBODY}", f"dst_{NOBODY}", f"lic_{NOBODY}", f"mbr_{NOBODY}"
CONDITION, INDICATOR, TREATMENT = f"con_{NOBODY}", f"ind_{NOBODY}", f"trt_{NOBODY}"
POST, STAFF, SURVEY = f"pst_{NOBODY}", f"stf_{NOBODY}", f"svy_{NOBODY}"
# Whatever the input, staff without the role are refused: these name objects that do not exist.
REQUIRES: Mapping[str, tuple[StaffRole, dict[str, Any]]] = {
    "ambassadorAppoint": (MODERATOR, {"member": MEMBER, "community": COMMUNITY, "appointed": True}),
    "appealResolve": (MODERATOR, {"appeal": f"apl_{NOBODY}", "accepted": True, "reason": "No rule is broken."}),
    "associationVerify": (MODERATOR, {"member": MEMBER, "verified": True, "reason": "Statutes."}),
    "discussionClose": (MODERATOR, {"discussion": f"dis_{NOBODY}", "closed": True}),
    "flagResolve": (MODERATOR, {"flag": f"flg_{NOBODY}", "upheld": True}),
    "memberAllowCommunities": (MODERATOR, {"member": MEMBER, "communities": 30}),
    "memberSuspend": (MODERATOR, {"member": MEMBER, "reason": "Spam."}),
    "postRemove": (MODERATOR, {"post": POST, "reason": "Spam."}),
    "postRestore": (MODERATOR, {"post": POST}),
    "catalogueProposalsAccept": (EDITOR, {"proposals": [], "entry": f"ind_{NOBODY}"}),
    "catalogueProposalsDecline": (EDITOR, {"proposals": [], "reason": "None."}),
    "catalogueProposalsMerge": (EDITOR, {"proposals": [], "into": f"ind_{NOBODY}"}),
    "communityClose": (EDITOR, {"community": COMMUNITY}),
    "communityCreate": (EDITOR, {"name": " ", "description": " ", "condition": CONDITION}),
    "communityIndicatorsSet": (EDITOR, {"community": COMMUNITY, "version": 1, "indicators": []}),
    "communityMerge": (EDITOR, {"community": COMMUNITY, "into": COMMUNITY}),
    "communityOpen": (EDITOR, {"community": COMMUNITY}),
    "communityTreatmentsSet": (EDITOR, {"community": COMMUNITY, "version": 1, "treatments": []}),
    "communityUpdate": (EDITOR, {"community": COMMUNITY, "version": 1}),
    "conditionCreate": (EDITOR, {"name": " "}),
    "conditionRetire": (EDITOR, {"condition": CONDITION}),
    "conditionUpdate": (EDITOR, {"condition": CONDITION, "version": 1}),
    "indicatorCreate": (
        EDITOR, {"name": " ", "kind": "SYMPTOM", "scale": "RATING_0_10", "minimum": 0, "maximum": 10}
    ),
    "indicatorMerge": (EDITOR, {"indicator": INDICATOR, "into": INDICATOR}),
    "indicatorRetire": (EDITOR, {"indicator": INDICATOR}),
    "indicatorUpdate": (EDITOR, {"indicator": INDICATOR, "version": 1}),
    "treatmentCreate": (EDITOR, {"name": " ", "kind": "DEVICE"}),
    "treatmentMerge": (EDITOR, {"treatment": TREATMENT, "into": TREATMENT}),
    "treatmentRetire": (EDITOR, {"treatment": TREATMENT}),
    "treatmentUpdate": (EDITOR, {"treatment": TREATMENT, "version": 1}),
    "surveyClose": (SURVEY_MANAGER, {"survey": SURVEY}),
    "surveyCreate": (
        SURVEY_MANAGER,
        {"community": COMMUNITY, "title": "Sleep", "description": "Sleep.", "questions": [], "closesOn": "2999-01-01",
         "offeredTo": []},
    ),
    "surveyRevise": (SURVEY_MANAGER, {"survey": SURVEY}),
    "surveySchedule": (SURVEY_MANAGER, {"survey": SURVEY}),
    "surveyUnschedule": (SURVEY_MANAGER, {"survey": SURVEY}),
    "waveFreeze": (SURVEY_MANAGER, {"community": COMMUNITY, "wave": "2026", "offeredTo": []}),
    "dataUseLinkResults": (STEWARD, {"dataUse": f"use_{NOBODY}", "url": "https://example.org/"}),
    "insightPublish": (STEWARD, {"dataset": DATASET, "variable": "sex", "by": [], "precision": "WITHIN_50"}),
    "insightPlanPublish": (STEWARD, {"dataset": DATASET, "questions": []}),
    "licenceDecide": (STEWARD, {"licence": LICENCE, "granted": False, "reason": "None."}),
    "organizationCreate": (STEWARD, {"name": " ", "kind": "HOSPITAL", "contactEmail": "role@example.org"}),
    "staffCreate": (ADMINISTRATOR, {"name": " ", "email": "role@example.org", "roles": []}),
    "staffUpdate": (ADMINISTRATOR, {"staff": STAFF}),
    "staffSuspend": (ADMINISTRATOR, {"staff": STAFF}),
    "staffReinstate": (ADMINISTRATOR, {"staff": STAFF}),
}  # fmt: skip
# About the caller's own session or account, with or without a role.
OWN = {
    "accountUpdate", "signIn", "signInVerify", "signOut", "sessionRevoke", "register", "verifyEmail",
    "requestPasswordReset", "resetPassword", "emailChange", "emailChangeConfirm", "emailChangeRevert", "passwordChange",
    "organizationJoin",
    "secondFactorChallenge", "secondFactorStart", "secondFactorConfirm", "secondFactorRemove", "recoveryCodesRenew",
}  # fmt: skip


def test_every_mutation_requires_a_role() -> None:
    mutation = views()[Audience.MANAGER]._schema.mutation_type
    assert isinstance(mutation, GraphQLObjectType)
    mend = "say which role of staff may carry it out, in REQUIRES in tests/graph/test_staff_mutations.py"
    assert set(mutation.fields) == set(REQUIRES) | OWN, mend


@pytest.mark.parametrize("name", REQUIRES)
async def test_staff_with_other_roles_or_without_one_are_refused(network: Network, name: str) -> None:
    needed, given = REQUIRES[name]
    input_type = "InsightInput!" if name == "insightPublish" else f"{name[0].upper()}{name[1:]}Input!"
    document = f"mutation M($input: {input_type}) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}"
    others = [role for role in StaffRole if role is not needed]
    for roles in ([needed], others, []):
        caller = await network.staff(*roles)
        for input in (given, unreadable(given)):
            answer = await network.ask(caller, document, {"input": input})
            if needed in roles:
                assert "errors" not in answer
                assert answer["data"][name]["userErrors"]  # refused for its input
                continue
            [error] = answer["errors"]
            assert error["message"] == f"This requires the role {needed.value}. An administrator can give it to you."
            assert error["extensions"] == {"code": "FORBIDDEN", "role": needed.value}
