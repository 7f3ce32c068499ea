"""The only place for the root of mutations: what can be done, and by whom."""

from planner.declare import graph_type
from schema.access import BUYER, EACH_FIELD, MANAGER, PATIENT, PUBLIC, SIGNED_IN
from schema.accounts import SignInPayload, SignOutPayload, sign_in, sign_out
from schema.accounts_writes import (
    AccountDeletePayload,
    AssociationVerifyPayload,
    DataExportPayload,
    ProfileUpdatePayload,
    SessionRevokePayload,
    account_delete,
    association_verify,
    data_export,
    profile_update,
    session_revoke,
)
from schema.api_keys_writes import ApiKeyCreatePayload, ApiKeyRevokePayload, api_key_create, api_key_revoke
from schema.care_links_writes import (
    CareLinkAcceptPayload,
    CareLinkEndPayload,
    CareLinkInvitePayload,
    accept_care_link,
    end_care_link,
    invite_relative,
)
from schema.communities_writes import CommunityJoinPayload, CommunityLeavePayload, community_join, community_leave
from schema.discussions_writes import (
    DiscussionStartPayload,
    PostAddPayload,
    PostEditPayload,
    PostFlagPayload,
    PostReactPayload,
    PostRemovePayload,
    discussion_start,
    post_add,
    post_edit,
    post_flag,
    post_react,
    post_remove,
)
from schema.insights_writes import InsightPublishPayload, WaveFreezePayload, insight_publish, wave_freeze
from schema.licences_writes import LicenceDecidePayload, LicenceRequestPayload, licence_decide, licence_request
from schema.moderation_writes import FlagResolvePayload, MemberSuspendPayload, flag_resolve, member_suspend
from schema.notifications_writes import NotificationsReadPayload, read_notifications
from schema.organizations_writes import OrganizationCreatePayload, organization_create
from schema.participations_writes import (
    ConsentSetPayload,
    SurveySavePayload,
    SurveySubmitPayload,
    SurveyWithdrawPayload,
    consent_set,
    survey_save,
    survey_submit,
    survey_withdraw,
)
from schema.registration import (
    RegisterPayload,
    RequestPasswordResetPayload,
    ResetPasswordPayload,
    VerifyEmailPayload,
    register,
    request_password_reset,
    reset_password,
    verify_email,
)
from schema.surveys_writes import (
    SurveyClosePayload,
    SurveyCreatePayload,
    SurveyRevisePayload,
    SurveySchedulePayload,
    survey_close,
    survey_create,
    survey_revise,
    survey_schedule,
)
from schema.tracking_writes import (
    ObservationRemovePayload,
    ObservationsRecordPayload,
    record_observations,
    remove_observation,
)
from schema.treatments_writes import (
    CourseEndPayload,
    CourseEvaluatePayload,
    CourseStartPayload,
    end_course,
    evaluate_course,
    start_course,
)
from schema.writing import mutation


@graph_type(audience=EACH_FIELD)
class Mutation:
    """What can be done. An expected refusal is told in `userErrors`, and leaves nothing behind."""

    account_delete: AccountDeletePayload = mutation(
        account_delete,
        "Leave the network for good: what is the viewer's alone is erased, what it wrote has no author.",
        only=PATIENT,
    )
    association_verify: AssociationVerifyPayload = mutation(
        association_verify, "Say whether an association is the one it says.", only=MANAGER
    )
    data_export: DataExportPayload = mutation(
        data_export, "All that is stored of the viewer, as a JSON document.", only=PATIENT
    )
    profile_update: ProfileUpdatePayload = mutation(
        profile_update, "Change what is the viewer's own: its name here, its profile, its language.", only=PATIENT
    )
    register: RegisterPayload = mutation(
        register, "Open an account: a code is mailed to its address, and without it there will be none.", only=PUBLIC
    )
    request_password_reset: RequestPasswordResetPayload = mutation(
        request_password_reset,
        "Have a code mailed: for a new password, or anew for an account that waits to be verified.",
        only=PUBLIC,
    )
    reset_password: ResetPasswordPayload = mutation(
        reset_password, "Choose a new password with a code; every session of the account is closed.", only=PUBLIC
    )
    session_revoke: SessionRevokePayload = mutation(
        session_revoke, "Sign out one of the viewer's devices, at once and everywhere.", only=SIGNED_IN
    )
    verify_email: VerifyEmailPayload = mutation(
        verify_email, "Open the account whose code was mailed: from then on it can be signed in to.", only=PUBLIC
    )
    care_link_accept: CareLinkAcceptPayload = mutation(
        accept_care_link, "Accept a patient's invitation to keep its diary.", only=PATIENT
    )
    care_link_end: CareLinkEndPayload = mutation(
        end_care_link, "End a care link from either side: it stops at once.", only=PATIENT
    )
    care_link_invite: CareLinkInvitePayload = mutation(
        invite_relative, "Invite a relative to keep the viewer's diary.", only=PATIENT
    )
    course_end: CourseEndPayload = mutation(
        end_course, "End one of the viewer's courses, or put it on hold.", only=PATIENT
    )
    course_evaluate: CourseEvaluatePayload = mutation(
        evaluate_course, "Say what the viewer thinks of a course; again replaces.", only=PATIENT
    )
    course_start: CourseStartPayload = mutation(start_course, "Begin a course of a treatment.", only=PATIENT)
    notifications_read: NotificationsReadPayload = mutation(
        read_notifications, "Mark notifications as read.", only=PATIENT
    )
    observation_remove: ObservationRemovePayload = mutation(
        remove_observation, "Take an observation back: the viewer's own, or its patient's.", only=PATIENT
    )
    observations_record: ObservationsRecordPayload = mutation(
        record_observations,
        "Write down a day's values at once, all of them or none; a value of the same day is replaced.",
        only=PATIENT,
    )
    sign_in: SignInPayload = mutation(sign_in, "Open a session with an e-mail address and a password.", only=PUBLIC)
    sign_out: SignOutPayload = mutation(
        sign_out, "Close the session that asks, at once and everywhere.", only=SIGNED_IN
    )

    community_join: CommunityJoinPayload = mutation(
        community_join, "Become a member of a community; again, nothing changes.", only=PATIENT
    )
    community_leave: CommunityLeavePayload = mutation(
        community_leave, "Be a member of a community no more; what was written there stays.", only=PATIENT
    )

    discussion_start: DiscussionStartPayload = mutation(
        discussion_start, "Start a discussion in a community, with its first post.", only=PATIENT
    )
    post_add: PostAddPayload = mutation(post_add, "Write a post in a discussion; who started it is told.", only=PATIENT)
    post_edit: PostEditPayload = mutation(post_edit, "Write a post of one's own anew.", only=PATIENT)
    post_flag: PostFlagPayload = mutation(post_flag, "Show a post to the moderators.", only=PATIENT)
    post_react: PostReactPayload = mutation(
        post_react, "Answer a post without words, or take that back; again, nothing changes.", only=PATIENT
    )
    post_remove: PostRemovePayload = mutation(
        post_remove,
        "Remove a post of one's own, or any as a moderator: it keeps its place and loses its body.",
        only=PATIENT | MANAGER,
    )

    flag_resolve: FlagResolvePayload = mutation(
        flag_resolve, "Decide on a flag, as a moderator: upheld, its post is removed.", only=MANAGER
    )
    member_suspend: MemberSuspendPayload = mutation(
        member_suspend,
        "Keep a member from writing in discussions, as a moderator; it may still read them.",
        only=MANAGER,
    )

    consent_set: ConsentSetPayload = mutation(
        consent_set,
        "Allow something to be done with one's answers or tracking, or take that back: at once.",
        only=PATIENT,
    )
    insight_publish: InsightPublishPayload = mutation(
        insight_publish,
        "Have an insight published, for everyone who may read it: this spends members' privacy. What was asked before "
        "is answered for nothing.",
        only=BUYER | MANAGER,
    )
    wave_freeze: WaveFreezePayload = mutation(
        wave_freeze,
        "Freeze what a community's patients track: a dataset that can be asked for a year. Fewer than 200 are refused.",
        only=MANAGER,
    )

    survey_close: SurveyClosePayload = mutation(
        survey_close, "End a survey before its day: no answer is linked to a member from then on.", only=MANAGER
    )
    survey_create: SurveyCreatePayload = mutation(
        survey_create, "Write a survey, as a draft that the house alone sees.", only=MANAGER
    )
    survey_revise: SurveyRevisePayload = mutation(
        survey_revise, "Change a survey that has not closed; members who see it are asked a new version.", only=MANAGER
    )
    survey_save: SurveySavePayload = mutation(survey_save, "Keep a draft of one's answers.", only=PATIENT)
    survey_schedule: SurveySchedulePayload = mutation(
        survey_schedule, "Let a draft open by itself, once its day has come and enough can answer.", only=MANAGER
    )
    survey_submit: SurveySubmitPayload = mutation(
        survey_submit, "Send one's answers; they count once, however often they are sent anew.", only=PATIENT
    )
    survey_withdraw: SurveyWithdrawPayload = mutation(
        survey_withdraw, "Delete one's answers, as long as the survey is open.", only=PATIENT
    )

    api_key_create: ApiKeyCreatePayload = mutation(
        api_key_create, "Make a key for the organization's programs; its secret is shown this once.", only=BUYER
    )
    api_key_revoke: ApiKeyRevokePayload = mutation(
        api_key_revoke, "Revoke one of the organization's keys, at once and everywhere.", only=BUYER
    )
    licence_decide: LicenceDecidePayload = mutation(
        licence_decide, "Grant or refuse a licence that was asked for, as a data steward.", only=MANAGER
    )
    licence_request: LicenceRequestPayload = mutation(
        licence_request, "Ask for a licence to query a community's datasets.", only=BUYER
    )
    organization_create: OrganizationCreatePayload = mutation(
        organization_create,
        "Make an organization, as a data steward: a code to choose a password with is mailed to its contact.",
        only=MANAGER,
    )
