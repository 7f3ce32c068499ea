"""Who may select what: the four views compared with a table, their printed SDL, and what is refused at start-up."""

from collections.abc import Iterator
from typing import Annotated

import pytest
import strawberry
from graphql import FieldsOnCorrectTypeRule, GraphQLField, KnownTypeNamesRule, parse, validate

from commands import sdl
from models.viewers import Audience
from planner.declare import column, graph_type
from schema.access import EACH_FIELD, MANAGER, PATIENT, PUBLIC, UnmarkedError
from schema.build import View, build_views
from schema.roots import Mutation
from tests.support.client import views

VIEWS = views()

EVERYONE = "PUBLIC PATIENT BUYER MANAGER"
SIGNED_IN = "PATIENT BUYER MANAGER"
MEMBERS_AND_STAFF = "PATIENT MANAGER"
NOT_BUYERS = "PUBLIC PATIENT MANAGER"
BUYERS_AND_STAFF = "BUYER MANAGER"

# Written from what clients are promised, not from the code. A type that no field of a view leads to is absent.
PROMISED = {
    "Query": {
        EVERYONE: "node nodes viewer communities community treatments treatment indicators regions notices terms "
        "datasets dataset network privacyNotice helpLines dataUses ledgerEntries undertakings",
        SIGNED_IN: "survey insight",
        MEMBERS_AND_STAFF: "member discussion surveyCheck",
        "PATIENT": "me",
        BUYERS_AND_STAFF: "insightQuote insightPlanQuote",
        "BUYER": "organization",
        "MANAGER": "catalogueChanges catalogueProposals surveys flags appeals licences organizations readingAlerts "
        "conditions missingTranslations staff",
    },
    "Subscription": {
        SIGNED_IN: "insightPublished",
        MEMBERS_AND_STAFF: "postAdded",
        "PATIENT": "notificationAdded surveyOpened",
        "MANAGER": "flagRaised",
    },
    "Mutation": {
        EVERYONE: "signIn signInVerify register verifyEmail organizationJoin requestPasswordReset resetPassword "
        "emailChangeRevert",
        SIGNED_IN: "signOut sessionRevoke secondFactorChallenge secondFactorStart secondFactorConfirm "
        "secondFactorRemove recoveryCodesRenew emailChange emailChangeConfirm passwordChange accountUpdate",
        MEMBERS_AND_STAFF: "postRemove",
        "PATIENT": "associationUpdate careLinkAccept careLinkEnd careLinkInvite courseEnd courseEvaluate courseStart "
        "notificationsRead "
        "observationRemove observationsRecord profileUpdate accountDelete dataExport "
        "ownIndicatorCreate ownIndicatorDelete ownIndicatorMerge ownIndicatorRename "
        "ownObservationRecord ownObservationRemove ownCourseEnd ownCourseStart ownTreatmentCreate ownTreatmentDelete "
        "ownTreatmentMerge ownTreatmentRename catalogueProposalCreate catalogueProposalWithdraw "
        "communityJoin communityLeave discussionPin discussionStart postAdd postEdit postFlag postReact "
        "removalAppeal consentSet surveySave surveySubmit surveyWithdraw termsAccept",
        BUYERS_AND_STAFF: "insightPublish insightPlanPublish dataUseLinkResults",
        "BUYER": "apiKeyCreate apiKeyRevoke licenceRequest mailedEventsChoose organizationLeave organizationUserInvite "
        "organizationUserRemove organizationUserUpdate webhookCreate webhookDelete webhookPause "
        "webhookResume webhookRotate webhookTest",
        "MANAGER": "associationVerify surveyClose surveyCreate surveyRevise surveySchedule surveyUnschedule "
        "appealResolve flagResolve memberSuspend memberAllowCommunities "
        "catalogueProposalsAccept catalogueProposalsDecline catalogueProposalsMerge "
        "staffCreate staffReinstate staffSuspend staffUpdate "
        "licenceDecide organizationCreate waveFreeze ambassadorAppoint discussionClose postRestore "
        "communityClose communityCreate communityIndicatorsSet communityMerge communityOpen communityTreatmentsSet "
        "communityUpdate conditionCreate conditionRetire conditionUpdate indicatorCreate indicatorMerge "
        "indicatorRetire indicatorUpdate treatmentCreate treatmentMerge treatmentRetire treatmentUpdate",
    },
    "CommunityClosePayload": {"MANAGER": "community userErrors query"},
    "CommunityCreatePayload": {"MANAGER": "community userErrors query"},
    "CommunityIndicatorsSetPayload": {"MANAGER": "community userErrors query"},
    "CommunityMergePayload": {"MANAGER": "community userErrors query"},
    "CommunityOpenPayload": {"MANAGER": "community userErrors query"},
    "CommunityTreatmentsSetPayload": {"MANAGER": "community userErrors query"},
    "CommunityUpdatePayload": {"MANAGER": "community userErrors query"},
    "ConditionCreatePayload": {"MANAGER": "condition userErrors query"},
    "ConditionRetirePayload": {"MANAGER": "condition userErrors query"},
    "ConditionUpdatePayload": {"MANAGER": "condition userErrors query"},
    "IndicatorCreatePayload": {"MANAGER": "indicator userErrors query"},
    "IndicatorMergePayload": {"MANAGER": "indicator userErrors query"},
    "IndicatorRetirePayload": {"MANAGER": "indicator userErrors query"},
    "IndicatorUpdatePayload": {"MANAGER": "indicator userErrors query"},
    "TreatmentCreatePayload": {"MANAGER": "treatment userErrors query"},
    "TreatmentMergePayload": {"MANAGER": "treatment userErrors query"},
    "TreatmentRetirePayload": {"MANAGER": "treatment userErrors query"},
    "TreatmentUpdatePayload": {"MANAGER": "treatment userErrors query"},
    "CatalogueChange": {"MANAGER": "id subject field before after changedBy changedAt"},
    "Translation": {"MANAGER": "language name description"},
    "SignInPayload": {EVERYONE: "token viewer challenge secondFactors passkeyOptions userErrors query"},
    "SignInVerifyPayload": {EVERYONE: "token viewer userErrors query"},
    "SecondFactorChallengePayload": {SIGNED_IN: "challenge passkeyOptions userErrors query"},
    "SecondFactorStartPayload": {SIGNED_IN: "challenge secret uri passkeyOptions userErrors query"},
    "SecondFactorConfirmPayload": {SIGNED_IN: "secondFactor recoveryCodes userErrors query"},
    "SecondFactorRemovePayload": {SIGNED_IN: "secondFactorId userErrors query"},
    "RecoveryCodesRenewPayload": {SIGNED_IN: "recoveryCodes userErrors query"},
    "SignOutPayload": {SIGNED_IN: "userErrors query"},
    "AccountUpdatePayload": {SIGNED_IN: "userErrors query"},
    "CommunityJoinPayload": {"PATIENT": "membership userErrors query"},
    "CommunityLeavePayload": {"PATIENT": "community userErrors query"},
    "AssociationUpdatePayload": {"PATIENT": "member userErrors query"},
    "DiscussionPinPayload": {"PATIENT": "discussion userErrors query"},
    "DiscussionStartPayload": {"PATIENT": "discussion userErrors query"},
    "PostAddPayload": {"PATIENT": "post userErrors query"},
    "PostEditPayload": {"PATIENT": "post userErrors query"},
    "PostFlagPayload": {"PATIENT": "post helpLines userErrors query"},
    "PostReactPayload": {"PATIENT": "post userErrors query"},
    "PostRemovePayload": {MEMBERS_AND_STAFF: "post userErrors query"},
    "RemovalAppealPayload": {"PATIENT": "post userErrors query"},
    "AppealResolvePayload": {"MANAGER": "appeal userErrors query"},
    "FlagResolvePayload": {"MANAGER": "flag userErrors query"},
    "AmbassadorAppointPayload": {"MANAGER": "member community userErrors query"},
    "DiscussionClosePayload": {"MANAGER": "discussion userErrors query"},
    "PostRestorePayload": {"MANAGER": "post userErrors query"},
    "TermsAcceptPayload": {"PATIENT": "account userErrors query"},
    "MemberAllowCommunitiesPayload": {"MANAGER": "member userErrors query"},
    "MemberSuspendPayload": {"MANAGER": "member userErrors query"},
    "ConsentSetPayload": {"PATIENT": "consent userErrors query"},
    "SurveySavePayload": {"PATIENT": "participation userErrors query"},
    "SurveySubmitPayload": {"PATIENT": "participation userErrors query"},
    "SurveyWithdrawPayload": {"PATIENT": "participation userErrors query"},
    "SurveyClosePayload": {"MANAGER": "survey userErrors query"},
    "WaveFreezePayload": {"MANAGER": "dataset userErrors query"},
    "InsightPublishPayload": {BUYERS_AND_STAFF: "insight charged quote userErrors query"},
    "InsightPlanPublishPayload": {BUYERS_AND_STAFF: "insights charged quote userErrors query"},
    "DataUseLinkResultsPayload": {BUYERS_AND_STAFF: "dataUse userErrors query"},
    "Undertakings": {EVERYONE: "version language text"},
    "ResultLink": {EVERYONE: "url addedAt ledgerEntry"},
    "SurveyCheck": {MEMBERS_AND_STAFF: "shown userErrors"},
    "InsightQuote": {
        BUYERS_AND_STAFF: "cost affordable alreadyPublished cells marginOfError remainingAfter cheaper coveredBy "
        "countedBy prices leastCountShown readableCells leastGroupForShare leastGroupForMean obstacles suggestions"
    },
    "InsightPlanQuote": {BUYERS_AND_STAFF: "questions cost costOfUncovered affordable remainingAfter obstacles"},
    "PlannedQuestionQuote": {BUYERS_AND_STAFF: "quote cost sameAs coveredWith countedWith"},
    "PrecisionPrice": {BUYERS_AND_STAFF: "precision cost affordable"},
    "QuoteObstacle": {BUYERS_AND_STAFF: "code message"},
    "QuoteSuggestion": {BUYERS_AND_STAFF: "kind message variable categories cost"},
    "SurveyCreatePayload": {"MANAGER": "survey userErrors query"},
    "SurveyRevisePayload": {"MANAGER": "survey userErrors query"},
    "SurveySchedulePayload": {"MANAGER": "survey userErrors query"},
    "SurveyUnschedulePayload": {"MANAGER": "survey userErrors query"},
    "CareLinkAcceptPayload": {"PATIENT": "careLink userErrors query"},
    "CareLinkEndPayload": {"PATIENT": "careLink userErrors query"},
    "CareLinkInvitePayload": {"PATIENT": "careLink userErrors query"},
    "CourseEndPayload": {"PATIENT": "course userErrors query"},
    "CourseEvaluatePayload": {"PATIENT": "evaluation userErrors query"},
    "CourseStartPayload": {"PATIENT": "course userErrors query"},
    "NotificationsReadPayload": {"PATIENT": "notifications userErrors query"},
    "ObservationRemovePayload": {"PATIENT": "observation observationId userErrors query"},
    "ObservationsRecordPayload": {"PATIENT": "observations userErrors query"},
    "OwnIndicatorCreatePayload": {"PATIENT": "ownIndicator userErrors query"},
    "OwnIndicatorDeletePayload": {"PATIENT": "ownIndicator ownIndicatorId userErrors query"},
    "OwnIndicatorMergePayload": {"PATIENT": "indicator ownIndicator userErrors query"},
    "OwnIndicatorRenamePayload": {"PATIENT": "ownIndicator userErrors query"},
    "OwnObservationRecordPayload": {"PATIENT": "ownObservation userErrors query"},
    "OwnObservationRemovePayload": {"PATIENT": "ownObservation ownObservationId userErrors query"},
    "OwnCourseEndPayload": {"PATIENT": "ownCourse userErrors query"},
    "OwnCourseStartPayload": {"PATIENT": "ownCourse userErrors query"},
    "OwnTreatmentCreatePayload": {"PATIENT": "ownTreatment userErrors query"},
    "OwnTreatmentDeletePayload": {"PATIENT": "ownTreatment ownTreatmentId userErrors query"},
    "OwnTreatmentMergePayload": {"PATIENT": "treatment ownTreatment userErrors query"},
    "OwnTreatmentRenamePayload": {"PATIENT": "ownTreatment userErrors query"},
    "CatalogueProposalCreatePayload": {"PATIENT": "proposal userErrors query"},
    "CatalogueProposalWithdrawPayload": {"PATIENT": "proposal proposalId userErrors query"},
    "CatalogueProposalsAcceptPayload": {"MANAGER": "proposals userErrors query"},
    "CatalogueProposalsDeclinePayload": {"MANAGER": "proposals userErrors query"},
    "CatalogueProposalsMergePayload": {"MANAGER": "proposals userErrors query"},
    "RegisterPayload": {EVERYONE: "userErrors query"},
    "VerifyEmailPayload": {EVERYONE: "userErrors query"},
    "RequestPasswordResetPayload": {EVERYONE: "userErrors query"},
    "ResetPasswordPayload": {EVERYONE: "accessEnded userErrors query"},
    "EmailChangePayload": {SIGNED_IN: "userErrors query"},
    "EmailChangeConfirmPayload": {SIGNED_IN: "userErrors query"},
    "EmailChangeRevertPayload": {EVERYONE: "userErrors query"},
    "PasswordChangePayload": {SIGNED_IN: "userErrors query"},
    "SessionRevokePayload": {SIGNED_IN: "userErrors query"},
    "ProfileUpdatePayload": {"PATIENT": "me userErrors query"},
    "AccountDeletePayload": {"PATIENT": "userErrors query"},
    "DataExportPayload": {"PATIENT": "address expiresAt userErrors query"},
    "AssociationVerifyPayload": {"MANAGER": "member userErrors query"},
    "ApiKeyCreatePayload": {"BUYER": "apiKey secret userErrors query"},
    "ApiKeyRevokePayload": {"BUYER": "apiKeyId userErrors query"},
    "OrganizationJoinPayload": {EVERYONE: "userErrors query"},
    "OrganizationLeavePayload": {"BUYER": "userErrors query"},
    "OrganizationUserInvitePayload": {"BUYER": "organizationUser userErrors query"},
    "OrganizationUserRemovePayload": {"BUYER": "userId userErrors query"},
    "OrganizationUserUpdatePayload": {"BUYER": "organizationUser userErrors query"},
    "MailedEventsChoosePayload": {"BUYER": "userErrors query"},
    "WebhookCreatePayload": {"BUYER": "webhook secret userErrors query"},
    "WebhookDeletePayload": {"BUYER": "webhookId userErrors query"},
    "WebhookPausePayload": {"BUYER": "webhook userErrors query"},
    "WebhookResumePayload": {"BUYER": "webhook userErrors query"},
    "WebhookRotatePayload": {"BUYER": "webhook secret userErrors query"},
    "WebhookTestPayload": {"BUYER": "delivery userErrors query"},
    "LicenceDecidePayload": {"MANAGER": "licence userErrors query"},
    "LicenceRequestPayload": {"BUYER": "licence userErrors query"},
    "OrganizationCreatePayload": {"MANAGER": "organization userErrors query"},
    "StaffCreatePayload": {"MANAGER": "staff userErrors query"},
    "StaffUpdatePayload": {"MANAGER": "staff userErrors query"},
    "StaffSuspendPayload": {"MANAGER": "staff userErrors query"},
    "StaffReinstatePayload": {"MANAGER": "staff userErrors query"},
    "UserError": {EVERYONE: "code message path"},
    "Node": {EVERYONE: "id"},
    "PageInfo": {EVERYONE: "hasNextPage hasPreviousPage startCursor endCursor"},
    "SecondFactor": {SIGNED_IN: "id kind name createdAt lastUsedOn"},
    "Viewer": {
        EVERYONE: "id audience",
        SIGNED_IN: "locale secondFactors recoveryCodesLeft",
        "PATIENT": "member",
        "BUYER": "organization organizationUser mailedEvents",
        "MANAGER": "erasuresLate staff",
    },
    "Association": {
        NOT_BUYERS: "id fullName website email phone postalAddress description descriptions",
        MEMBERS_AND_STAFF: "member verifications",
    },
    "AssociationDescription": {NOT_BUYERS: "language text"},
    "Verification": {MEMBERS_AND_STAFF: "id verified fullName reason createdAt", "MANAGER": "decidedBy"},
    "Condition": {
        EVERYONE: "id name icd10 orpha hpo retiredOn",
        "MANAGER": "matched version original translations",
    },
    "Community": {
        EVERYONE: "id slug name matched description status mergedInto condition memberCount countedOn "
        "indicators treatments",
        SIGNED_IN: "readiness datasets insights",
        NOT_BUYERS: "contacts",
        MEMBERS_AND_STAFF: "ambassadors associations members discussions pinned surveys",
        "PATIENT": "viewerMembership",
        "MANAGER": "version searchWords original translations",
    },
    "MatchedName": {EVERYONE: "name language"},
    "CohortReadiness": {SIGNED_IN: "consenting needed ready"},
    "Membership": {"PATIENT": "id community joinedOn role diagnosedIn"},
    "Member": {
        MEMBERS_AND_STAFF: "id pseudonym kind verified association about joinedOn communities ageBand sex region "
        "suspension",
        "PATIENT": "courses series",
    },
    "Suspension": {MEMBERS_AND_STAFF: "id until reason createdAt"},
    "Me": {
        "PATIENT": "id member account birthYear sex region sharing memberships dashboard observations courses "
        "ownIndicators ownTreatments proposals "
        "participations consents dataUses privacyLoss notifications "
        "dataReads careLinks"
    },
    "DataRead": {"PATIENT": "id kind readAt reader staffRoles relative document"},
    "Account": {
        "PATIENT": "id email emailVerified locale createdAt termsVersion termsAcceptedAt termsOutdated sessions"
    },
    "Session": {"PATIENT": "id createdAt lastSeenAt device current"},
    "CareLink": {"PATIENT": "id patient relative status dashboard ownIndicators ownTreatments"},
    "Notification": {"PATIENT": "id kind createdAt readAt subject"},
    "Staff": {"MANAGER": "id name roles withheldRoles status lastSignedInOn hasSecondFactor changes"},
    "StaffChange": {"MANAGER": "id staff kind roles changedBy changedAt"},
    "Discussion": {
        MEMBERS_AND_STAFF: "id community title language author createdAt lastPostAt postCount closed posts "
        "lastPost about"
    },
    "Post": {
        MEMBERS_AND_STAFF: "id discussion author body language createdAt editedAt removed removedBody appeal "
        "removalReason "
        "reactions",
        "PATIENT": "viewerReactions",
    },
    "ReactionCount": {MEMBERS_AND_STAFF: "reaction count"},
    "Appeal": {MEMBERS_AND_STAFF: "id text status createdAt resolution resolvedAt", "MANAGER": "post"},
    "HelpLine": {EVERYONE: "number language name description"},
    "PrivacyNotice": {EVERYONE: "id version language text inForceOn"},
    "Flag": {"MANAGER": "id post reason note status urgent resolution resolvedAt createdAt"},
    "Indicator": {
        EVERYONE: "id slug name layNames matched kind scale unit minimum maximum ucum hpo loinc retiredOn mergedInto",
        "MANAGER": "version searchWords original translations",
    },
    "IndicatorTranslation": {"MANAGER": "language name unit layNames"},
    "Observation": {"PATIENT": "id indicator value observedOn note byRelative"},
    "SeriesPoint": {"PATIENT": "startsOn mean minimum maximum count"},
    "IndicatorSeries": {"PATIENT": "indicator points latest"},
    "Dashboard": {"PATIENT": "series ownSeries courses ownCourses"},
    "Trackable": {EVERYONE: "name scale unit minimum maximum"},
    "TrackedSeries": {"PATIENT": "indicator points latest"},
    "DiaryValue": {"PATIENT": "value observedOn note byRelative"},
    "OwnIndicator": {"PATIENT": "id name scale unit minimum maximum observations proposal"},
    "OwnObservation": {"PATIENT": "id indicator value observedOn note byRelative"},
    "OwnSeries": {"PATIENT": "indicator points latest"},
    "Followable": {EVERYONE: "name kind"},
    "Course": {"PATIENT": "treatment status startedOn endedOn dose stopReason"},
    "OwnTreatment": {"PATIENT": "id name kind courses proposal"},
    "OwnCourse": {"PATIENT": "id treatment status startedOn endedOn dose stopReason"},
    "CatalogueProposal": {
        MEMBERS_AND_STAFF: "id kind name description community proposedOn status reason decidedOn condition indicator "
        "treatment"
    },
    "Treatment": {
        EVERYONE: "id slug name matched kind inn atc nationalCode retiredOn mergedInto",
        SIGNED_IN: "insights",
        "PATIENT": "evaluations",
        "MANAGER": "version searchWords original translations",
    },
    "TreatmentCourse": {
        "PATIENT": "id treatment community status startedOn endedOn dose stopReason evaluation",
    },
    "TreatmentEvaluation": {
        "PATIENT": "id member course evaluatedOn effectiveness convenience satisfaction sideEffects comment"
    },
    "SideEffect": {"PATIENT": "indicator severity serious"},
    "Survey": {
        SIGNED_IN: "id community title description status version opensOn closesOn minimumParticipants offeredTo "
        "cap guess eligibility questions dataset",
        "PATIENT": "participation",
        "MANAGER": "revision progress noDataset original translations",
    },
    "SurveyProgress": {"MANAGER": "countedOn eligible invited started completed"},
    "Eligibility": {SIGNED_IN: "kinds sexes bornFrom bornTo treatments regions"},
    "Terms": {EVERYONE: "id version language text inForceOn"},
    "ReadingAlert": {"MANAGER": "id member day"},
    "Notice": {EVERYONE: "id purpose version language text inForceOn"},
    "Question": {
        SIGNED_IN: "id position key text help kind required options minimum maximum bins maxChoices visibleWhen",
        "MANAGER": "original translations",
    },
    "QuestionOption": {SIGNED_IN: "code label", "MANAGER": "original translations"},
    "MissingTranslation": {"MANAGER": "language subject field option text"},
    "OptionTranslation": {"MANAGER": "language label"},
    "QuestionTranslation": {"MANAGER": "language text help"},
    "SurveyTranslation": {"MANAGER": "language title description"},
    "VisibilityRule": {SIGNED_IN: "question operator values"},
    "Participation": {"PATIENT": "id survey status completedAt answers"},
    "Answer": {"PATIENT": "question codes number date text"},
    "Consent": {"PATIENT": "id purpose granted recipients noticeVersion noticeLanguage changedAt"},
    "Organization": {
        EVERYONE: "id name kind purposes",
        BUYERS_AND_STAFF: "licences users",
        "BUYER": "apiKeys webhooks",
    },
    "OrganizationUser": {BUYERS_AND_STAFF: "id email role status invitedAt expiresAt joinedAt lastSignedInOn isViewer"},
    "ApiKey": {"BUYER": "id name prefix createdAt lastUsedAt expiresAt"},
    "Webhook": {"BUYER": "id url description events status failingSince previousUntil createdAt deliveries"},
    "WebhookDelivery": {"BUYER": "id event status attempts failure responseStatus createdAt attemptedAt"},
    "Licence": {
        BUYERS_AND_STAFF: "id organization community purpose purposeKind undertakings undertakingsAcceptedAt "
        "requestedAt startsOn endsOn resultsDueOn status reason price quota spent remaining"
    },
    "Money": {BUYERS_AND_STAFF: "amount currency"},
    "Network": {EVERYONE: "communities activeMembers treatmentsFollowed countedOn"},
    "PrivacyCost": {EVERYONE: "microRho epsilon delta"},
    "PrivacyLoss": {"PATIENT": "allowance reserved spent guess statement"},
    "PrivacyBudget": {EVERYONE: "cap spent remaining insightsLeft"},
    "Dataset": {
        EVERYONE: "id title kind community synthetic wave collectedFrom frozenOn endsOn endedOn offeredTo howToRequest "
        "languages variables size budget",
        SIGNED_IN: "survey sizeProof insights",
        "MANAGER": "status progress",
    },
    "Variable": {
        EVERYONE: "id name label description question group scale ordinal direction unit window baseline "
        "categorization codes categories maxPerMember groupings groupingOf groupingName"
    },
    "Category": {EVERYONE: "code label value merges codes"},
    "TerminologyCode": {EVERYONE: "system code"},
    "Insight": {
        SIGNED_IN: "id dataset synthetic variable by kind countedBy precision marginOfError cost cells statistics "
        "totals reconciled comparable changeFrom trend publishedAt requestedBy purpose ledgerEntry proof csv "
        "jsonStat",
        "BUYER": "publishedBy",
    },
    "Cell": {SIGNED_IN: "category by count marginOfError share interval reliability shareReliability"},
    "Interval95": {SIGNED_IN: "low high"},
    "Statistic": {SIGNED_IN: "measure by value interval reliability"},
    "Total": {SIGNED_IN: "by count marginOfError sum sumMarginOfError unknown unknownMarginOfError"},
    "ReconciledTable": {SIGNED_IN: "releases asOf cells statistics"},
    "Change": {SIGNED_IN: "value interval mismatch"},
    "ShareChange": {SIGNED_IN: "category by before after change"},
    "MeanChange": {SIGNED_IN: "by before after change"},
    "InsightChange": {SIGNED_IN: "by shares means"},
    "TrendWave": {SIGNED_IN: "insight title wave frozenOn publishedAt marginOfError"},
    "TrendPoint": {SIGNED_IN: "value interval mismatch sinceFirst sincePrevious"},
    "ShareTrend": {SIGNED_IN: "category by points"},
    "MeanTrend": {SIGNED_IN: "by points"},
    "InsightTrend": {SIGNED_IN: "waves shares means"},
    "DataUse": {
        EVERYONE: "id organization synthetic purpose purposeKind results publishedAt community datasetTitle dataset "
        "variables counted cost ledgerEntry",
        SIGNED_IN: "insight",
    },
    "LedgerEntry": {EVERYONE: "id position synthetic hash previousHash line"},
    "LedgerProof": {SIGNED_IN: "salt counts variables commitment ledgerEntry"},
}
LISTS = {
    BUYERS_AND_STAFF: "OrganizationUser",
    EVERYONE: "Community Dataset Treatment DataUse LedgerEntry",
    SIGNED_IN: "Insight",
    MEMBERS_AND_STAFF: "CatalogueProposal Member Discussion Post Survey",
    "PATIENT": "DataRead OwnObservation Observation Notification TreatmentEvaluation",
    "MANAGER": "Appeal CatalogueChange Condition Flag Licence MissingTranslation Organization ReadingAlert "
    "Staff StaffChange",
}


def expected() -> dict[tuple[str, str], set[str]]:
    found = {
        (kind, name): set(audiences.split())
        for kind, fields in PROMISED.items()
        for audiences, names in fields.items()
        for name in names.split()
    }
    for audiences, kinds in LISTS.items():
        for kind in kinds.split():
            found |= {(f"{kind}Connection", name): set(audiences.split()) for name in ("edges", "nodes", "pageInfo")}
            found |= {(f"{kind}Edge", name): set(audiences.split()) for name in ("cursor", "node")}
    return found


def fields_of(view: View) -> Iterator[tuple[tuple[str, str], GraphQLField]]:
    for kind in view._schema.type_map.values():
        if hasattr(kind, "fields") and not kind.name.startswith("__") and not hasattr(kind, "out_type"):
            for name, field in kind.fields.items():
                yield (kind.name, name), field


DECLARED: dict[tuple[str, str], GraphQLField] = {}
for built in VIEWS.values():
    DECLARED |= dict(fields_of(built))


def test_the_table_and_the_graph_have_the_same_fields() -> None:
    mend = "name the audiences of each field in PROMISED (or LISTS) in tests/graph/test_views.py"
    assert set(DECLARED) - set(expected()) == set(), mend
    assert set(expected()) - set(DECLARED) == set(), (
        "no view has these fields: declare them in schema/, or take them out of tests/graph/test_views.py"
    )


@pytest.mark.parametrize("audience", list(Audience))
def test_each_field_can_be_selected_only_by_its_audiences(audience: Audience) -> None:
    schema, rules = VIEWS[audience]._schema, [KnownTypeNamesRule, FieldsOnCorrectTypeRule]
    selectable = {
        (kind, name)
        for kind, name in DECLARED
        if not validate(
            schema, parse(f"{{ __typename }} fragment f on {kind} {{ {name} }}"), rules, hide_suggestions=True
        )
    }
    promised = {field for field, audiences in expected().items() if audience.value in audiences}
    mend = "the audiences in schema/ and in PROMISED in tests/graph/test_views.py differ: correct the one that is wrong"
    assert selectable ^ promised == set(), mend


def test_the_buyer_view_contains_no_term_about_members() -> None:
    names = set(VIEWS[Audience.BUYER]._schema.type_map)
    assert not names & {
        "Member",
        "Me",
        "Post",
        "Discussion",
        "Observation",
        "TreatmentCourse",
        "Participation",
        "Answer",
    }


def test_the_committed_sdl_is_what_the_views_print() -> None:
    assert sdl.changes() == [], "run `python -m commands.sdl`, read what changed in schema/views/ and commit it"


def test_building_the_views_is_deterministic() -> None:
    again = build_views()
    assert {audience: view.as_str() for audience, view in again.items()} == {
        audience: view.as_str() for audience, view in VIEWS.items()
    }


def test_every_type_field_and_input_has_a_description() -> None:
    silent = [
        name
        for view in VIEWS.values()
        for name, kind in view._schema.type_map.items()
        if not name.startswith("__") and not (kind.description or "").endswith(".")
        if name not in ("String", "Boolean", "Int", "Float", "ID")
    ]
    silent += [".".join(place) for place, field in DECLARED.items() if not (field.description or "").endswith(".")]
    assert silent == [], "give each a description that ends with a full stop, in schema/, then `python -m commands.sdl`"


def test_a_type_without_an_audience_is_refused() -> None:
    @graph_type(audience=None)
    class Unmarked:
        name: str = column("Its name.")

    @graph_type(audience=PUBLIC)
    class Query:
        unmarked: Unmarked = column("It.")

    with pytest.raises(UnmarkedError, match=r"^Unmarked names no audience"):
        View(Audience.PUBLIC, query=Query)


def test_an_audience_is_not_inherited() -> None:
    class Heir(Mutation):
        pass

    with pytest.raises(UnmarkedError, match=r"^Heir names no audience"):
        View(Audience.PUBLIC, query=Mutation, types=[Heir])


def test_a_field_without_its_required_audience_is_refused() -> None:
    @graph_type(audience=EACH_FIELD)
    class Query:
        marked: str = column("It.", only=PUBLIC)
        unmarked: str = column("It.")

    for audience in Audience:
        with pytest.raises(UnmarkedError, match=r"^Query\.unmarked names no audience"):
            View(audience, query=Query)


def test_a_field_whose_type_is_empty_for_its_audience_is_refused() -> None:
    @graph_type(audience=MANAGER)
    class Hidden:
        name: str = column("Its name.")

    @graph_type(audience=PUBLIC)
    class Query:
        name: str = column("It.")
        hidden: Hidden = column("It.", only=PATIENT | MANAGER)

    assert "Hidden" in View(Audience.MANAGER, query=Query).as_str()
    assert "idden" not in View(Audience.BUYER, query=Query).as_str()
    with pytest.raises(ValueError, match="Type Hidden must define one or more fields"):
        View(Audience.PATIENT, query=Query)


def test_a_union_contains_only_the_types_of_its_view() -> None:
    @graph_type(audience=MANAGER)
    class Hidden:
        name: str = column("Its name.")

    @graph_type(audience=PUBLIC)
    class Shown:
        name: str = column("Its name.")

    Both = Annotated[Hidden | Shown, strawberry.union("Both", description="Both.")]

    @graph_type(audience=PUBLIC)
    class Query:
        both: list[Both] = column("They.")

    assert "union Both = Shown\n" in View(Audience.PATIENT, query=Query).as_str() + "\n"
    assert "idden" not in View(Audience.PATIENT, query=Query).as_str()
    assert "union Both = Hidden | Shown" in View(Audience.MANAGER, query=Query).as_str()
