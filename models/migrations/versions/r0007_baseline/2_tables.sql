CREATE TABLE care.member (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    pseudonym VARCHAR NOT NULL,
    kind VARCHAR(32) NOT NULL,
    verified BOOLEAN DEFAULT false NOT NULL,
    about VARCHAR,
    joined_on DATE NOT NULL,
    CONSTRAINT pk_member PRIMARY KEY (id),
    CONSTRAINT ck_member_kind CHECK (kind IN ('PATIENT', 'RELATIVE', 'ASSOCIATION'))
);
CREATE INDEX ix_member_association ON care.member USING btree (id) WHERE ((kind)::text = 'ASSOCIATION'::text);
CREATE UNIQUE INDEX uq_member_pseudonym ON care.member USING btree (lower((pseudonym)::text));

CREATE TABLE catalog.condition (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    name VARCHAR NOT NULL,
    icd10 VARCHAR,
    orpha VARCHAR,
    CONSTRAINT pk_condition PRIMARY KEY (id),
    CONSTRAINT uq_condition_name UNIQUE (name)
);

CREATE TABLE catalog.indicator (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    slug VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    lay_names TEXT[] DEFAULT '{}' NOT NULL,
    kind VARCHAR(32) NOT NULL,
    scale VARCHAR(32) NOT NULL,
    unit VARCHAR,
    minimum FLOAT NOT NULL,
    maximum FLOAT NOT NULL,
    hpo VARCHAR,
    words VARCHAR DEFAULT '' NOT NULL,
    search TSVECTOR GENERATED ALWAYS AS (catalog.words_in(name || ' ' || words)) STORED NOT NULL,
    CONSTRAINT pk_indicator PRIMARY KEY (id),
    CONSTRAINT uq_indicator_slug UNIQUE (slug),
    CONSTRAINT ck_indicator_kind CHECK (kind IN ('SYMPTOM', 'MOOD', 'QUALITY_OF_LIFE', 'MEASUREMENT', 'SCORE')),
    CONSTRAINT ck_indicator_scale CHECK (scale IN ('RATING_0_10', 'GRADE_NONE_TO_SEVERE', 'QUANTITY')),
    CONSTRAINT uq_indicator_hpo UNIQUE (hpo)
);
CREATE INDEX ix_indicator_search ON catalog.indicator USING gin (search);

CREATE TABLE catalog.notice (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    purpose VARCHAR(32) NOT NULL,
    version VARCHAR NOT NULL,
    in_force_on DATE NOT NULL,
    text VARCHAR NOT NULL,
    CONSTRAINT pk_notice PRIMARY KEY (purpose, version),
    CONSTRAINT uq_notice_purpose_in_force_on UNIQUE (purpose, in_force_on),
    CONSTRAINT ck_notice_purpose CHECK (purpose IN ('SURVEY_RESEARCH', 'TRACKING_RESEARCH'))
);

CREATE TABLE catalog.treatment (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    slug VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR(32) NOT NULL,
    inn VARCHAR,
    atc VARCHAR,
    words VARCHAR DEFAULT '' NOT NULL,
    search TSVECTOR GENERATED ALWAYS AS (catalog.words_in(name || ' ' || words)) STORED NOT NULL,
    CONSTRAINT pk_treatment PRIMARY KEY (id),
    CONSTRAINT uq_treatment_slug UNIQUE (slug),
    CONSTRAINT ck_treatment_kind CHECK (kind IN ('MEDICATION', 'PROCEDURE', 'DEVICE', 'THERAPY', 'SUPPLEMENT', 'LIFESTYLE'))
);
CREATE INDEX ix_treatment_name_id ON catalog.treatment USING btree (name, id);
CREATE INDEX ix_treatment_search ON catalog.treatment USING gin (search);

CREATE TABLE identity.attempt (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    subject BYTEA NOT NULL,
    tried_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_attempt PRIMARY KEY (id)
);
CREATE INDEX ix_attempt_subject_tried_at ON identity.attempt USING btree (subject, tried_at);
CREATE INDEX ix_attempt_tried_at ON identity.attempt USING btree (tried_at);

CREATE TABLE identity.mail (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    recipient VARCHAR NOT NULL,
    letter VARCHAR(32) NOT NULL,
    locale VARCHAR NOT NULL,
    code VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    about VARCHAR,
    CONSTRAINT pk_mail PRIMARY KEY (id),
    CONSTRAINT ck_mail_letter CHECK (letter IN ('VERIFY_EMAIL', 'ADDRESS_TAKEN', 'RESET_PASSWORD', 'PASSWORD_CHANGED', 'ACCOUNT_DELETED', 'ORGANIZATION_OPENED', 'LICENCE_GRANTED', 'LICENCE_REFUSED'))
);
CREATE INDEX ix_mail_due_at ON identity.mail USING btree (due_at);
CREATE INDEX ix_mail_recipient ON identity.mail USING btree (recipient);

CREATE TABLE identity.mutation (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    caller UUID NOT NULL,
    name VARCHAR NOT NULL,
    client_mutation_id VARCHAR NOT NULL,
    input_hash BYTEA NOT NULL,
    result JSONB,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_mutation PRIMARY KEY (caller, name, client_mutation_id)
);
CREATE INDEX ix_mutation_created_at ON identity.mutation USING btree (created_at);

CREATE TABLE identity.registration (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    email VARCHAR NOT NULL,
    pseudonym VARCHAR NOT NULL,
    kind VARCHAR(32) NOT NULL,
    birth_year INTEGER,
    sex VARCHAR(32) NOT NULL,
    region VARCHAR,
    locale VARCHAR NOT NULL,
    notice_version VARCHAR NOT NULL,
    code_hash BYTEA,
    password_hash VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_registration PRIMARY KEY (id),
    CONSTRAINT ck_registration_email_in_lower_case CHECK (email = lower(email)),
    CONSTRAINT ck_registration_code_with_password CHECK ((code_hash IS NULL) = (password_hash IS NULL)),
    CONSTRAINT ck_registration_kind CHECK (kind IN ('PATIENT', 'RELATIVE', 'ASSOCIATION')),
    CONSTRAINT ck_registration_sex CHECK (sex IN ('FEMALE', 'MALE', 'OTHER', 'UNKNOWN')),
    CONSTRAINT uq_registration_code_hash UNIQUE (code_hash)
);
CREATE INDEX ix_registration_email ON identity.registration USING btree (email);
CREATE INDEX ix_registration_expires_at ON identity.registration USING btree (expires_at);
CREATE UNIQUE INDEX uq_registration_pseudonym ON identity.registration USING btree (lower((pseudonym)::text));

CREATE TABLE identity.staff (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    name VARCHAR NOT NULL,
    roles TEXT[] DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_staff PRIMARY KEY (id),
    CONSTRAINT ck_staff_roles CHECK (roles <@ ARRAY['SURVEY_MANAGER', 'MODERATOR', 'DATA_STEWARD']::text[])
);

CREATE TABLE insight.organization (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR(32) NOT NULL,
    CONSTRAINT pk_organization PRIMARY KEY (id),
    CONSTRAINT ck_organization_kind CHECK (kind IN ('LABORATORY', 'HOSPITAL', 'MUTUAL', 'INSURER'))
);
CREATE INDEX ix_organization_name_id ON insight.organization USING btree (name, id);
CREATE UNIQUE INDEX uq_organization_name ON insight.organization USING btree (lower((name)::text));

CREATE TABLE care.care_link (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    patient_id UUID NOT NULL,
    relative_id UUID NOT NULL,
    status VARCHAR(32) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_care_link PRIMARY KEY (id),
    CONSTRAINT uq_care_link_patient_id_relative_id UNIQUE (patient_id, relative_id),
    CONSTRAINT ck_care_link_two_members CHECK (patient_id <> relative_id),
    CONSTRAINT fk_care_link_patient_id_member FOREIGN KEY(patient_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_care_link_relative_id_member FOREIGN KEY(relative_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT ck_care_link_status CHECK (status IN ('INVITED', 'ACCEPTED', 'ENDED'))
);
CREATE INDEX ix_care_link_relative_id ON care.care_link USING btree (relative_id);

CREATE TABLE care.notification (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    member_id UUID NOT NULL,
    kind VARCHAR(32) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE,
    subject_type VARCHAR,
    subject_id UUID,
    CONSTRAINT pk_notification PRIMARY KEY (id),
    CONSTRAINT fk_notification_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT ck_notification_kind CHECK (kind IN ('REPLY', 'SURVEY_OPEN', 'INSIGHT_PUBLISHED', 'CARE_LINK', 'MODERATION'))
);
CREATE INDEX ix_notification_member_id_created_at_id ON care.notification USING btree (member_id, created_at, id);

CREATE TABLE care.observation (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    member_id UUID NOT NULL,
    indicator_id UUID NOT NULL,
    value FLOAT(53) NOT NULL,
    observed_on DATE NOT NULL,
    by_relative BOOLEAN DEFAULT false NOT NULL,
    note VARCHAR,
    CONSTRAINT pk_observation PRIMARY KEY (id),
    CONSTRAINT uq_observation_member_id_indicator_id_observed_on UNIQUE (member_id, indicator_id, observed_on),
    CONSTRAINT fk_observation_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_observation_indicator_id_indicator FOREIGN KEY(indicator_id) REFERENCES catalog.indicator (id) ON DELETE RESTRICT
);
CREATE INDEX ix_observation_member_id_observed_on_id ON care.observation USING btree (member_id, observed_on, id);

CREATE TABLE care.profile (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    member_id UUID NOT NULL,
    birth_year INTEGER,
    sex VARCHAR(32) DEFAULT 'UNKNOWN' NOT NULL,
    region VARCHAR,
    sharing VARCHAR(32) DEFAULT 'ONLY_ME' NOT NULL,
    CONSTRAINT pk_profile PRIMARY KEY (member_id),
    CONSTRAINT fk_profile_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT ck_profile_sex CHECK (sex IN ('FEMALE', 'MALE', 'OTHER', 'UNKNOWN')),
    CONSTRAINT ck_profile_sharing CHECK (sharing IN ('ONLY_ME', 'MY_COMMUNITIES', 'ALL_MEMBERS'))
);

CREATE TABLE care.suspension (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    member_id UUID NOT NULL,
    until TIMESTAMP WITH TIME ZONE,
    reason VARCHAR NOT NULL,
    staff_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_suspension PRIMARY KEY (member_id),
    CONSTRAINT fk_suspension_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_suspension_staff_id_staff FOREIGN KEY(staff_id) REFERENCES identity.staff (id) ON DELETE SET NULL
);

CREATE TABLE catalog.community (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    slug VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    description VARCHAR NOT NULL,
    condition_id UUID NOT NULL,
    words VARCHAR DEFAULT '' NOT NULL,
    search TSVECTOR GENERATED ALWAYS AS (catalog.words_in(name || ' ' || words)) STORED NOT NULL,
    member_count INTEGER DEFAULT 0 NOT NULL,
    consenting_count INTEGER DEFAULT 0 NOT NULL,
    needed_count INTEGER DEFAULT 200 NOT NULL,
    CONSTRAINT pk_community PRIMARY KEY (id),
    CONSTRAINT uq_community_slug UNIQUE (slug),
    CONSTRAINT fk_community_condition_id_condition FOREIGN KEY(condition_id) REFERENCES catalog.condition (id) ON DELETE RESTRICT
);
CREATE INDEX ix_community_search ON catalog.community USING gin (search);

CREATE TABLE identity.account (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    email VARCHAR NOT NULL,
    email_verified BOOLEAN DEFAULT false NOT NULL,
    locale VARCHAR DEFAULT 'fr-FR' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    member_id UUID,
    organization_id UUID,
    staff_id UUID,
    notice_version VARCHAR,
    CONSTRAINT pk_account PRIMARY KEY (id),
    CONSTRAINT ck_account_one_audience CHECK (num_nonnulls(member_id, organization_id, staff_id) = 1),
    CONSTRAINT ck_account_email_in_lower_case CHECK (email = lower(email)),
    CONSTRAINT uq_account_email UNIQUE (email),
    CONSTRAINT uq_account_member_id UNIQUE (member_id),
    CONSTRAINT fk_account_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_account_organization_id_organization FOREIGN KEY(organization_id) REFERENCES insight.organization (id) ON DELETE CASCADE,
    CONSTRAINT fk_account_staff_id_staff FOREIGN KEY(staff_id) REFERENCES identity.staff (id) ON DELETE CASCADE
);
CREATE INDEX ix_account_organization_id ON identity.account USING btree (organization_id);
CREATE INDEX ix_account_staff_id ON identity.account USING btree (staff_id);

CREATE TABLE insight.api_key (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    organization_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    prefix VARCHAR NOT NULL,
    secret_hash BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_api_key PRIMARY KEY (id),
    CONSTRAINT fk_api_key_organization_id_organization FOREIGN KEY(organization_id) REFERENCES insight.organization (id) ON DELETE CASCADE,
    CONSTRAINT uq_api_key_prefix UNIQUE (prefix),
    CONSTRAINT uq_api_key_secret_hash UNIQUE (secret_hash)
);
CREATE INDEX ix_api_key_organization_id ON insight.api_key USING btree (organization_id);

CREATE TABLE research.consent (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    member_id UUID NOT NULL,
    purpose VARCHAR(32) NOT NULL,
    granted BOOLEAN NOT NULL,
    recipients TEXT[] DEFAULT '{}' NOT NULL,
    notice_version VARCHAR NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_consent PRIMARY KEY (member_id, purpose),
    CONSTRAINT ck_consent_recipients CHECK (recipients <@ ARRAY['LABORATORY', 'HOSPITAL', 'MUTUAL', 'INSURER']::text[]),
    CONSTRAINT fk_consent_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT ck_consent_purpose CHECK (purpose IN ('SURVEY_RESEARCH', 'TRACKING_RESEARCH'))
);

CREATE TABLE research.consent_change (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    member_id UUID NOT NULL,
    purpose VARCHAR(32) NOT NULL,
    granted BOOLEAN NOT NULL,
    recipients TEXT[] DEFAULT '{}' NOT NULL,
    notice_version VARCHAR NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_consent_change PRIMARY KEY (id),
    CONSTRAINT fk_consent_change_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT ck_consent_change_purpose CHECK (purpose IN ('SURVEY_RESEARCH', 'TRACKING_RESEARCH'))
);
CREATE INDEX ix_consent_change_member_id_changed_at ON research.consent_change USING btree (member_id, changed_at);

CREATE TABLE care.course (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    member_id UUID NOT NULL,
    treatment_id UUID NOT NULL,
    community_id UUID,
    status VARCHAR(32) NOT NULL,
    started_on DATE NOT NULL,
    ended_on DATE,
    dose VARCHAR,
    stop_reason VARCHAR(32),
    CONSTRAINT pk_course PRIMARY KEY (id),
    CONSTRAINT ck_course_ends_after_start CHECK (ended_on >= started_on),
    CONSTRAINT fk_course_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_course_treatment_id_treatment FOREIGN KEY(treatment_id) REFERENCES catalog.treatment (id) ON DELETE RESTRICT,
    CONSTRAINT fk_course_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE SET NULL,
    CONSTRAINT ck_course_status CHECK (status IN ('ACTIVE', 'COMPLETED', 'STOPPED', 'ON_HOLD')),
    CONSTRAINT ck_course_stop_reason CHECK (stop_reason IN ('INEFFECTIVE', 'SIDE_EFFECTS', 'COST', 'COMPLETED', 'DOCTOR_ADVICE', 'OTHER'))
);
CREATE INDEX ix_course_member_id_started_on_id ON care.course USING btree (member_id, started_on, id);
CREATE INDEX ix_course_treatment_id ON care.course USING btree (treatment_id);

CREATE TABLE care.diagnosis (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    member_id UUID NOT NULL,
    community_id UUID NOT NULL,
    diagnosed_in INTEGER NOT NULL,
    CONSTRAINT pk_diagnosis PRIMARY KEY (member_id, community_id),
    CONSTRAINT ck_diagnosis_year CHECK (diagnosed_in BETWEEN 1900 AND 9999),
    CONSTRAINT fk_diagnosis_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_diagnosis_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE RESTRICT
);

CREATE TABLE care.discussion (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    community_id UUID NOT NULL,
    author_id UUID,
    title VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_post_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    post_count INTEGER DEFAULT 0 NOT NULL,
    closed BOOLEAN DEFAULT false NOT NULL,
    search TSVECTOR GENERATED ALWAYS AS (catalog.words_in(title)) STORED NOT NULL,
    CONSTRAINT pk_discussion PRIMARY KEY (id),
    CONSTRAINT fk_discussion_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE RESTRICT,
    CONSTRAINT fk_discussion_author_id_member FOREIGN KEY(author_id) REFERENCES care.member (id) ON DELETE SET NULL
);
CREATE INDEX ix_discussion_author_id ON care.discussion USING btree (author_id);
CREATE INDEX ix_discussion_community_id_last_post_at_id ON care.discussion USING btree (community_id, last_post_at, id);
CREATE INDEX ix_discussion_search ON care.discussion USING gin (search);

CREATE TABLE care.membership (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    member_id UUID NOT NULL,
    community_id UUID NOT NULL,
    joined_on DATE DEFAULT CURRENT_DATE NOT NULL,
    role VARCHAR(32) DEFAULT 'MEMBER' NOT NULL,
    CONSTRAINT pk_membership PRIMARY KEY (member_id, community_id),
    CONSTRAINT fk_membership_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_membership_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE RESTRICT,
    CONSTRAINT ck_membership_role CHECK (role IN ('MEMBER', 'AMBASSADOR'))
);
CREATE INDEX ix_membership_community_id_joined_on_member_id ON care.membership USING btree (community_id, joined_on, member_id);

CREATE TABLE catalog.community_indicator (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    community_id UUID NOT NULL,
    indicator_id UUID NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT pk_community_indicator PRIMARY KEY (community_id, indicator_id),
    CONSTRAINT fk_community_indicator_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE CASCADE,
    CONSTRAINT fk_community_indicator_indicator_id_indicator FOREIGN KEY(indicator_id) REFERENCES catalog.indicator (id) ON DELETE CASCADE
);

CREATE TABLE catalog.community_treatment (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    community_id UUID NOT NULL,
    treatment_id UUID NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT pk_community_treatment PRIMARY KEY (community_id, treatment_id),
    CONSTRAINT fk_community_treatment_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE CASCADE,
    CONSTRAINT fk_community_treatment_treatment_id_treatment FOREIGN KEY(treatment_id) REFERENCES catalog.treatment (id) ON DELETE CASCADE
);
CREATE INDEX ix_community_treatment_community_id_position_treatment_id ON catalog.community_treatment USING btree (community_id, "position", treatment_id);

CREATE TABLE catalog.survey (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    community_id UUID NOT NULL,
    title VARCHAR NOT NULL,
    description VARCHAR NOT NULL,
    status VARCHAR(32) NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    opens_on DATE,
    closes_on DATE NOT NULL,
    minimum_participants INTEGER DEFAULT 200 NOT NULL,
    offered_to TEXT[] DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_survey PRIMARY KEY (id),
    CONSTRAINT ck_survey_offered_to CHECK (offered_to <@ ARRAY['LABORATORY', 'HOSPITAL', 'MUTUAL', 'INSURER']::text[]),
    CONSTRAINT fk_survey_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE RESTRICT,
    CONSTRAINT ck_survey_status CHECK (status IN ('DRAFT', 'WAITING', 'OPEN', 'CLOSED', 'RELEASED', 'ARCHIVED'))
);
CREATE INDEX ix_survey_community_id_closes_on_id ON catalog.survey USING btree (community_id, closes_on, id);

CREATE TABLE identity.credential (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    account_id UUID NOT NULL,
    password_hash VARCHAR NOT NULL,
    CONSTRAINT pk_credential PRIMARY KEY (account_id),
    CONSTRAINT fk_credential_account_id_account FOREIGN KEY(account_id) REFERENCES identity.account (id) ON DELETE CASCADE
);

CREATE TABLE identity.password_reset (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    code_hash BYTEA NOT NULL,
    account_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_password_reset PRIMARY KEY (code_hash),
    CONSTRAINT fk_password_reset_account_id_account FOREIGN KEY(account_id) REFERENCES identity.account (id) ON DELETE CASCADE
);
CREATE INDEX ix_password_reset_account_id ON identity.password_reset USING btree (account_id);
CREATE INDEX ix_password_reset_expires_at ON identity.password_reset USING btree (expires_at);

CREATE TABLE identity.session (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    account_id UUID NOT NULL,
    token_hash BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    device VARCHAR,
    CONSTRAINT pk_session PRIMARY KEY (id),
    CONSTRAINT fk_session_account_id_account FOREIGN KEY(account_id) REFERENCES identity.account (id) ON DELETE CASCADE,
    CONSTRAINT uq_session_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_session_account_id_created_at_id ON identity.session USING btree (account_id, created_at, id);

CREATE TABLE insight.licence (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    organization_id UUID NOT NULL,
    community_id UUID NOT NULL,
    purpose VARCHAR NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    status VARCHAR(32) NOT NULL,
    price_amount NUMERIC(12, 2),
    price_currency VARCHAR(3),
    quota_micro_rho INTEGER DEFAULT 0 NOT NULL,
    reason VARCHAR,
    CONSTRAINT pk_licence PRIMARY KEY (id),
    CONSTRAINT ck_licence_ends_after_start CHECK (ends_on >= starts_on),
    CONSTRAINT ck_licence_quota CHECK (quota_micro_rho BETWEEN 0 AND 1000000),
    CONSTRAINT ck_licence_price CHECK (num_nonnulls(price_amount, price_currency) IN (0, 2)),
    CONSTRAINT ck_licence_money CHECK (price_amount >= 0 AND price_currency ~ '^[A-Z]{3}$'),
    CONSTRAINT ck_licence_undecided CHECK (status <> 'REQUESTED' OR quota_micro_rho = 0 AND num_nonnulls(price_amount, reason) = 0),
    CONSTRAINT fk_licence_organization_id_organization FOREIGN KEY(organization_id) REFERENCES insight.organization (id) ON DELETE CASCADE,
    CONSTRAINT fk_licence_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE RESTRICT,
    CONSTRAINT ck_licence_status CHECK (status IN ('REQUESTED', 'GRANTED', 'REFUSED', 'ENDED'))
);
CREATE INDEX ix_licence_organization_id ON insight.licence USING btree (organization_id);
CREATE INDEX ix_licence_starts_on_id ON insight.licence USING btree (starts_on, id);
CREATE UNIQUE INDEX uq_licence_requested ON insight.licence USING btree (organization_id, community_id) WHERE ((status)::text = 'REQUESTED'::text);

CREATE TABLE care.discussion_topic (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    discussion_id UUID NOT NULL,
    position INTEGER NOT NULL,
    treatment_id UUID,
    indicator_id UUID,
    CONSTRAINT pk_discussion_topic PRIMARY KEY (discussion_id, position),
    CONSTRAINT ck_discussion_topic_one_topic CHECK (num_nonnulls(treatment_id, indicator_id) = 1),
    CONSTRAINT fk_discussion_topic_discussion_id_discussion FOREIGN KEY(discussion_id) REFERENCES care.discussion (id) ON DELETE CASCADE,
    CONSTRAINT fk_discussion_topic_treatment_id_treatment FOREIGN KEY(treatment_id) REFERENCES catalog.treatment (id) ON DELETE CASCADE,
    CONSTRAINT fk_discussion_topic_indicator_id_indicator FOREIGN KEY(indicator_id) REFERENCES catalog.indicator (id) ON DELETE CASCADE
);

CREATE TABLE care.evaluation (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    course_id UUID NOT NULL,
    member_id UUID NOT NULL,
    treatment_id UUID NOT NULL,
    evaluated_on DATE NOT NULL,
    effectiveness INTEGER NOT NULL,
    convenience INTEGER NOT NULL,
    satisfaction INTEGER NOT NULL,
    comment VARCHAR,
    CONSTRAINT pk_evaluation PRIMARY KEY (id),
    CONSTRAINT ck_evaluation_effectiveness CHECK (effectiveness BETWEEN 0 AND 10),
    CONSTRAINT ck_evaluation_convenience CHECK (convenience BETWEEN 0 AND 10),
    CONSTRAINT ck_evaluation_satisfaction CHECK (satisfaction BETWEEN 0 AND 10),
    CONSTRAINT uq_evaluation_course_id UNIQUE (course_id),
    CONSTRAINT fk_evaluation_course_id_course FOREIGN KEY(course_id) REFERENCES care.course (id) ON DELETE CASCADE,
    CONSTRAINT fk_evaluation_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_evaluation_treatment_id_treatment FOREIGN KEY(treatment_id) REFERENCES catalog.treatment (id) ON DELETE RESTRICT
);
CREATE INDEX ix_evaluation_member_id ON care.evaluation USING btree (member_id);
CREATE INDEX ix_evaluation_treatment_id_evaluated_on_id ON care.evaluation USING btree (treatment_id, evaluated_on, id);

CREATE TABLE care.post (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    discussion_id UUID NOT NULL,
    author_id UUID,
    body VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    edited_at TIMESTAMP WITH TIME ZONE,
    removed BOOLEAN DEFAULT false NOT NULL,
    search TSVECTOR GENERATED ALWAYS AS (catalog.words_in(coalesce(body, ''))) STORED NOT NULL,
    CONSTRAINT pk_post PRIMARY KEY (id),
    CONSTRAINT ck_post_removed_has_no_body CHECK (removed = (body IS NULL)),
    CONSTRAINT fk_post_discussion_id_discussion FOREIGN KEY(discussion_id) REFERENCES care.discussion (id) ON DELETE CASCADE,
    CONSTRAINT fk_post_author_id_member FOREIGN KEY(author_id) REFERENCES care.member (id) ON DELETE SET NULL
);
CREATE INDEX ix_post_author_id ON care.post USING btree (author_id);
CREATE INDEX ix_post_discussion_id_created_at_id ON care.post USING btree (discussion_id, created_at, id);
CREATE INDEX ix_post_search ON care.post USING gin (search);

CREATE TABLE catalog.eligibility (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    survey_id UUID NOT NULL,
    kinds TEXT[] DEFAULT '{}' NOT NULL,
    sexes TEXT[] DEFAULT '{}' NOT NULL,
    born_from INTEGER,
    born_to INTEGER,
    treatment_ids UUID[] DEFAULT '{}' NOT NULL,
    regions TEXT[] DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_eligibility PRIMARY KEY (survey_id),
    CONSTRAINT ck_eligibility_kinds CHECK (kinds <@ ARRAY['PATIENT', 'RELATIVE', 'ASSOCIATION']::text[]),
    CONSTRAINT ck_eligibility_sexes CHECK (sexes <@ ARRAY['FEMALE', 'MALE', 'OTHER', 'UNKNOWN']::text[]),
    CONSTRAINT fk_eligibility_survey_id_survey FOREIGN KEY(survey_id) REFERENCES catalog.survey (id) ON DELETE CASCADE
);

CREATE TABLE catalog.question (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    survey_id UUID NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    position INTEGER NOT NULL,
    key VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    help VARCHAR,
    kind VARCHAR(32) NOT NULL,
    required BOOLEAN NOT NULL,
    minimum FLOAT,
    maximum FLOAT,
    bins FLOAT(53)[],
    max_choices INTEGER,
    CONSTRAINT pk_question PRIMARY KEY (id),
    CONSTRAINT uq_question_survey_id_version_position UNIQUE (survey_id, version, position),
    CONSTRAINT uq_question_survey_id_version_key UNIQUE (survey_id, version, key),
    CONSTRAINT fk_question_survey_id_survey FOREIGN KEY(survey_id) REFERENCES catalog.survey (id) ON DELETE CASCADE,
    CONSTRAINT ck_question_kind CHECK (kind IN ('SINGLE_CHOICE', 'MULTIPLE_CHOICE', 'SCALE', 'NUMBER', 'DATE', 'TEXT'))
);

CREATE TABLE catalog.survey_progress (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    survey_id UUID NOT NULL,
    completed_count INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_survey_progress PRIMARY KEY (survey_id),
    CONSTRAINT fk_survey_progress_survey_id_survey FOREIGN KEY(survey_id) REFERENCES catalog.survey (id) ON DELETE CASCADE
);

CREATE TABLE insight.dataset (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    community_id UUID NOT NULL,
    survey_id UUID,
    kind VARCHAR(32) NOT NULL,
    title VARCHAR NOT NULL,
    wave VARCHAR NOT NULL,
    frozen_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    offered_to TEXT[] DEFAULT '{}' NOT NULL,
    domain_version INTEGER NOT NULL,
    status VARCHAR(32) NOT NULL,
    size INTEGER DEFAULT 0 NOT NULL,
    cap_micro_rho INTEGER NOT NULL,
    spent_micro_rho INTEGER DEFAULT 0 NOT NULL,
    sold_micro_rho INTEGER DEFAULT 0 NOT NULL,
    ended_on DATE,
    CONSTRAINT pk_dataset PRIMARY KEY (id),
    CONSTRAINT ck_dataset_spent CHECK (spent_micro_rho BETWEEN 0 AND cap_micro_rho),
    CONSTRAINT ck_dataset_sold CHECK (sold_micro_rho BETWEEN 0 AND spent_micro_rho AND sold_micro_rho * 100 <= cap_micro_rho * 60),
    CONSTRAINT ck_dataset_offered_to CHECK (offered_to <@ ARRAY['LABORATORY', 'HOSPITAL', 'MUTUAL', 'INSURER']::text[]),
    CONSTRAINT fk_dataset_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE RESTRICT,
    CONSTRAINT uq_dataset_survey_id UNIQUE (survey_id),
    CONSTRAINT fk_dataset_survey_id_survey FOREIGN KEY(survey_id) REFERENCES catalog.survey (id) ON DELETE RESTRICT,
    CONSTRAINT ck_dataset_kind CHECK (kind IN ('SURVEY', 'TRACKING')),
    CONSTRAINT ck_dataset_status CHECK (status IN ('OPEN', 'TOO_SMALL', 'ENDED'))
);
CREATE INDEX ix_dataset_community_id_frozen_on_id ON insight.dataset USING btree (community_id, frozen_on, id);
CREATE INDEX ix_dataset_frozen_on_id ON insight.dataset USING btree (frozen_on, id);
CREATE UNIQUE INDEX uq_dataset_wave ON insight.dataset USING btree (community_id, wave) WHERE (((kind)::text = 'TRACKING'::text) AND ((status)::text <> 'TOO_SMALL'::text));

CREATE TABLE research.answer_sheet (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    survey_id UUID NOT NULL,
    CONSTRAINT pk_answer_sheet PRIMARY KEY (id),
    CONSTRAINT fk_answer_sheet_survey_id_survey FOREIGN KEY(survey_id) REFERENCES catalog.survey (id) ON DELETE CASCADE
);
CREATE INDEX ix_answer_sheet_survey_id ON research.answer_sheet USING btree (survey_id);

CREATE TABLE care.flag (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    post_id UUID NOT NULL,
    member_id UUID,
    reason VARCHAR(32) NOT NULL,
    note VARCHAR,
    status VARCHAR(32) DEFAULT 'OPEN' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    staff_id UUID,
    resolution VARCHAR,
    resolved_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_flag PRIMARY KEY (id),
    CONSTRAINT uq_flag_post_id_member_id UNIQUE (post_id, member_id),
    CONSTRAINT fk_flag_post_id_post FOREIGN KEY(post_id) REFERENCES care.post (id) ON DELETE CASCADE,
    CONSTRAINT fk_flag_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE SET NULL,
    CONSTRAINT ck_flag_reason CHECK (reason IN ('SPAM', 'OFF_TOPIC', 'ABUSE', 'SELF_HARM_RISK', 'MEDICAL_ADVICE', 'SOLICITATION', 'PERSONAL_DATA')),
    CONSTRAINT ck_flag_status CHECK (status IN ('OPEN', 'UPHELD', 'DISMISSED')),
    CONSTRAINT fk_flag_staff_id_staff FOREIGN KEY(staff_id) REFERENCES identity.staff (id) ON DELETE SET NULL
);
CREATE INDEX ix_flag_created_at_id ON care.flag USING btree (created_at, id);
CREATE INDEX ix_flag_status_created_at_id ON care.flag USING btree (status, created_at, id);

CREATE TABLE care.post_reaction (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    post_id UUID NOT NULL,
    member_id UUID NOT NULL,
    reaction VARCHAR(32) NOT NULL,
    CONSTRAINT pk_post_reaction PRIMARY KEY (post_id, member_id, reaction),
    CONSTRAINT fk_post_reaction_post_id_post FOREIGN KEY(post_id) REFERENCES care.post (id) ON DELETE CASCADE,
    CONSTRAINT fk_post_reaction_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT ck_post_reaction_reaction CHECK (reaction IN ('SAME_HERE', 'THANKS', 'HUG', 'HELPFUL'))
);
CREATE INDEX ix_post_reaction_member_id ON care.post_reaction USING btree (member_id);

CREATE TABLE care.removal (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    post_id UUID NOT NULL,
    staff_id UUID,
    reason VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_removal PRIMARY KEY (post_id),
    CONSTRAINT fk_removal_post_id_post FOREIGN KEY(post_id) REFERENCES care.post (id) ON DELETE CASCADE,
    CONSTRAINT fk_removal_staff_id_staff FOREIGN KEY(staff_id) REFERENCES identity.staff (id) ON DELETE SET NULL
);

CREATE TABLE care.side_effect (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    evaluation_id UUID NOT NULL,
    indicator_id UUID NOT NULL,
    member_id UUID NOT NULL,
    severity VARCHAR(32) NOT NULL,
    serious BOOLEAN NOT NULL,
    CONSTRAINT pk_side_effect PRIMARY KEY (evaluation_id, indicator_id),
    CONSTRAINT fk_side_effect_evaluation_id_evaluation FOREIGN KEY(evaluation_id) REFERENCES care.evaluation (id) ON DELETE CASCADE,
    CONSTRAINT fk_side_effect_indicator_id_indicator FOREIGN KEY(indicator_id) REFERENCES catalog.indicator (id) ON DELETE RESTRICT,
    CONSTRAINT fk_side_effect_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT ck_side_effect_severity CHECK (severity IN ('MILD', 'MODERATE', 'SEVERE'))
);
CREATE INDEX ix_side_effect_member_id ON care.side_effect USING btree (member_id);

CREATE TABLE catalog.question_option (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    question_id UUID NOT NULL,
    code VARCHAR NOT NULL,
    label VARCHAR NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT pk_question_option PRIMARY KEY (question_id, code),
    CONSTRAINT fk_question_option_question_id_question FOREIGN KEY(question_id) REFERENCES catalog.question (id) ON DELETE CASCADE
);

CREATE TABLE catalog.visibility_rule (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    question_id UUID NOT NULL,
    position INTEGER NOT NULL,
    on_key VARCHAR NOT NULL,
    operator VARCHAR(32) NOT NULL,
    values TEXT[] DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_visibility_rule PRIMARY KEY (question_id, position),
    CONSTRAINT fk_visibility_rule_question_id_question FOREIGN KEY(question_id) REFERENCES catalog.question (id) ON DELETE CASCADE,
    CONSTRAINT ck_visibility_rule_operator CHECK (operator IN ('EQUALS', 'NOT_EQUALS', 'IN', 'GREATER_THAN', 'LESS_THAN', 'ANSWERED'))
);

CREATE TABLE insight.release (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    dataset_id UUID NOT NULL,
    cube VARCHAR NOT NULL,
    variables INTEGER[] NOT NULL,
    precision VARCHAR(32) NOT NULL,
    margin INTEGER NOT NULL,
    contributions INTEGER NOT NULL,
    micro_rho INTEGER NOT NULL,
    total_micro_rho INTEGER NOT NULL,
    sigma FLOAT(53) NOT NULL,
    noisy INTEGER[] NOT NULL,
    estimates FLOAT(53)[] NOT NULL,
    improves_id UUID,
    organization_id UUID,
    licence_id UUID,
    purpose VARCHAR NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_release PRIMARY KEY (id),
    CONSTRAINT uq_release_dataset_id_cube_precision UNIQUE (dataset_id, cube, precision),
    CONSTRAINT ck_release_costs CHECK (micro_rho > 0 AND total_micro_rho >= micro_rho AND sigma > 0),
    CONSTRAINT ck_release_cells CHECK (cardinality(noisy) = cardinality(estimates)),
    CONSTRAINT fk_release_dataset_id_dataset FOREIGN KEY(dataset_id) REFERENCES insight.dataset (id) ON DELETE RESTRICT,
    CONSTRAINT ck_release_precision CHECK (precision IN ('WITHIN_5', 'WITHIN_10', 'WITHIN_20', 'WITHIN_50')),
    CONSTRAINT fk_release_improves_id_release FOREIGN KEY(improves_id) REFERENCES insight.release (id) ON DELETE RESTRICT,
    CONSTRAINT fk_release_organization_id_organization FOREIGN KEY(organization_id) REFERENCES insight.organization (id) ON DELETE RESTRICT,
    CONSTRAINT fk_release_licence_id_licence FOREIGN KEY(licence_id) REFERENCES insight.licence (id) ON DELETE RESTRICT
);
CREATE INDEX ix_release_licence_id ON insight.release USING btree (licence_id);

CREATE TABLE insight.variable (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    dataset_id UUID NOT NULL,
    position INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    label VARCHAR NOT NULL,
    ordinal BOOLEAN NOT NULL,
    max_per_member INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    rule VARCHAR(32) NOT NULL,
    subject_id UUID,
    CONSTRAINT pk_variable PRIMARY KEY (dataset_id, position),
    CONSTRAINT uq_variable_dataset_id_name UNIQUE (dataset_id, name),
    CONSTRAINT uq_variable_dataset_id_slot UNIQUE (dataset_id, slot),
    CONSTRAINT ck_variable_max_per_member CHECK (max_per_member BETWEEN 1 AND 12),
    CONSTRAINT fk_variable_dataset_id_dataset FOREIGN KEY(dataset_id) REFERENCES insight.dataset (id) ON DELETE CASCADE,
    CONSTRAINT ck_variable_rule CHECK (rule IN ('AGE', 'SEX', 'REGION', 'KIND', 'DIAGNOSIS', 'CHOICE', 'NUMBER', 'DAY', 'FIRST_TREATMENT', 'TREATMENTS', 'COURSE', 'EFFECTIVENESS', 'SIDE_EFFECTS', 'LEVEL', 'CHANGE', 'MONTHS'))
);
CREATE INDEX ix_variable_subject_id ON insight.variable USING btree (subject_id);

CREATE TABLE research.answer (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    answer_sheet_id UUID NOT NULL,
    question_id UUID NOT NULL,
    codes TEXT[] DEFAULT '{}' NOT NULL,
    number FLOAT,
    day DATE,
    text VARCHAR,
    CONSTRAINT pk_answer PRIMARY KEY (answer_sheet_id, question_id),
    CONSTRAINT fk_answer_answer_sheet_id_answer_sheet FOREIGN KEY(answer_sheet_id) REFERENCES research.answer_sheet (id) ON DELETE CASCADE,
    CONSTRAINT fk_answer_question_id_question FOREIGN KEY(question_id) REFERENCES catalog.question (id) ON DELETE CASCADE
);

CREATE TABLE research.enrolment (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    dataset_id UUID NOT NULL,
    member_id UUID NOT NULL,
    purpose VARCHAR(32) NOT NULL,
    reserved_micro_rho INTEGER NOT NULL,
    enrolled_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_enrolment PRIMARY KEY (dataset_id, member_id),
    CONSTRAINT fk_enrolment_dataset_id_dataset FOREIGN KEY(dataset_id) REFERENCES insight.dataset (id) ON DELETE CASCADE,
    CONSTRAINT fk_enrolment_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT ck_enrolment_purpose CHECK (purpose IN ('SURVEY_RESEARCH', 'TRACKING_RESEARCH'))
);
CREATE INDEX ix_enrolment_member_id_enrolled_at ON research.enrolment USING btree (member_id, enrolled_at);

CREATE TABLE research.participation (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    member_id UUID NOT NULL,
    survey_id UUID NOT NULL,
    status VARCHAR(32) NOT NULL,
    completed_at TIMESTAMP WITH TIME ZONE,
    answer_sheet_id UUID,
    CONSTRAINT pk_participation PRIMARY KEY (id),
    CONSTRAINT uq_participation_member_id_survey_id UNIQUE (member_id, survey_id),
    CONSTRAINT fk_participation_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_participation_survey_id_survey FOREIGN KEY(survey_id) REFERENCES catalog.survey (id) ON DELETE CASCADE,
    CONSTRAINT ck_participation_status CHECK (status IN ('INVITED', 'STARTED', 'COMPLETED', 'WITHDRAWN')),
    CONSTRAINT uq_participation_answer_sheet_id UNIQUE (answer_sheet_id),
    CONSTRAINT fk_participation_answer_sheet_id_answer_sheet FOREIGN KEY(answer_sheet_id) REFERENCES research.answer_sheet (id) ON DELETE SET NULL
);
CREATE INDEX ix_participation_survey_id ON research.participation USING btree (survey_id);

CREATE TABLE insight.category (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    dataset_id UUID NOT NULL,
    variable INTEGER NOT NULL,
    place INTEGER NOT NULL,
    code VARCHAR NOT NULL,
    label VARCHAR NOT NULL,
    value FLOAT,
    low FLOAT,
    high FLOAT,
    CONSTRAINT pk_category PRIMARY KEY (dataset_id, variable, place),
    CONSTRAINT fk_category_dataset_id_variable FOREIGN KEY(dataset_id, variable) REFERENCES insight.variable (dataset_id, position) ON DELETE CASCADE,
    CONSTRAINT uq_category_dataset_id_variable_code UNIQUE (dataset_id, variable, code),
    CONSTRAINT ck_category_place CHECK (place BETWEEN 0 AND 254)
);

CREATE TABLE insight.insight (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    release_id UUID NOT NULL,
    dataset_id UUID NOT NULL,
    community_id UUID NOT NULL,
    variable INTEGER NOT NULL,
    by INTEGER[] NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_insight PRIMARY KEY (id),
    CONSTRAINT uq_insight_release_id_variable UNIQUE (release_id, variable),
    CONSTRAINT fk_insight_release_id_release FOREIGN KEY(release_id) REFERENCES insight.release (id) ON DELETE RESTRICT,
    CONSTRAINT fk_insight_dataset_id_dataset FOREIGN KEY(dataset_id) REFERENCES insight.dataset (id) ON DELETE RESTRICT,
    CONSTRAINT fk_insight_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE RESTRICT
);
CREATE INDEX ix_insight_community_id_published_at_id ON insight.insight USING btree (community_id, published_at, id);
CREATE INDEX ix_insight_dataset_id_published_at_id ON insight.insight USING btree (dataset_id, published_at, id);

CREATE TABLE insight.ledger_entry (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    position BIGINT NOT NULL,
    release_id UUID NOT NULL,
    dataset_id UUID NOT NULL,
    dataset_title VARCHAR NOT NULL,
    community_id UUID NOT NULL,
    organization_id UUID,
    organization_name VARCHAR,
    purpose VARCHAR NOT NULL,
    variables TEXT[] NOT NULL,
    micro_rho INTEGER NOT NULL,
    cells_digest BYTEA NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE NOT NULL,
    previous_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT pk_ledger_entry PRIMARY KEY (position),
    CONSTRAINT ck_ledger_entry_counts_up CHECK (position > 0 AND micro_rho > 0),
    CONSTRAINT uq_ledger_entry_release_id UNIQUE (release_id),
    CONSTRAINT fk_ledger_entry_release_id_release FOREIGN KEY(release_id) REFERENCES insight.release (id) ON DELETE RESTRICT,
    CONSTRAINT fk_ledger_entry_dataset_id_dataset FOREIGN KEY(dataset_id) REFERENCES insight.dataset (id) ON DELETE RESTRICT,
    CONSTRAINT fk_ledger_entry_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE RESTRICT,
    CONSTRAINT fk_ledger_entry_organization_id_organization FOREIGN KEY(organization_id) REFERENCES insight.organization (id) ON DELETE RESTRICT,
    CONSTRAINT uq_ledger_entry_hash UNIQUE (hash)
);
CREATE INDEX ix_ledger_entry_community_id_position ON insight.ledger_entry USING btree (community_id, "position");
CREATE INDEX ix_ledger_entry_dataset_id_position ON insight.ledger_entry USING btree (dataset_id, "position");
CREATE INDEX ix_ledger_entry_organization_id_position ON insight.ledger_entry USING btree (organization_id, "position");

CREATE TABLE research.record (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    dataset_id UUID NOT NULL,
    member_id UUID NOT NULL,
    codes BYTEA NOT NULL,
    CONSTRAINT pk_record PRIMARY KEY (dataset_id, member_id),
    CONSTRAINT fk_record_dataset_id_enrolment FOREIGN KEY(dataset_id, member_id) REFERENCES research.enrolment (dataset_id, member_id) ON DELETE CASCADE
);

CREATE TABLE insight.cell (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    insight_id UUID NOT NULL,
    place INTEGER NOT NULL,
    category INTEGER NOT NULL,
    by INTEGER[] NOT NULL,
    count INTEGER NOT NULL,
    margin INTEGER NOT NULL,
    share FLOAT(53),
    low FLOAT(53),
    high FLOAT(53),
    reliability VARCHAR(32) NOT NULL,
    CONSTRAINT pk_cell PRIMARY KEY (insight_id, place),
    CONSTRAINT fk_cell_insight_id_insight FOREIGN KEY(insight_id) REFERENCES insight.insight (id) ON DELETE CASCADE,
    CONSTRAINT ck_cell_reliability CHECK (reliability IN ('HIGH', 'LOW', 'HIDDEN'))
);

CREATE TABLE insight.statistic (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    insight_id UUID NOT NULL,
    place INTEGER NOT NULL,
    measure VARCHAR(32) NOT NULL,
    by INTEGER[] NOT NULL,
    value FLOAT(53),
    low FLOAT(53),
    high FLOAT(53),
    reliability VARCHAR(32) NOT NULL,
    CONSTRAINT pk_statistic PRIMARY KEY (insight_id, place),
    CONSTRAINT fk_statistic_insight_id_insight FOREIGN KEY(insight_id) REFERENCES insight.insight (id) ON DELETE CASCADE,
    CONSTRAINT ck_statistic_measure CHECK (measure IN ('COUNT', 'SHARE', 'MEAN', 'MEDIAN')),
    CONSTRAINT ck_statistic_reliability CHECK (reliability IN ('HIGH', 'LOW', 'HIDDEN'))
);
