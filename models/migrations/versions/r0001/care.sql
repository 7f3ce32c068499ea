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
CREATE UNIQUE INDEX uq_member_pseudonym ON care.member (lower(pseudonym));
CREATE INDEX ix_member_association ON care.member (id) WHERE kind = 'ASSOCIATION';

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
CREATE INDEX ix_care_link_relative_id ON care.care_link (relative_id);

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
CREATE INDEX ix_notification_member_id_created_at_id ON care.notification (member_id, created_at, id);

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
CREATE INDEX ix_observation_member_id_observed_on_id ON care.observation (member_id, observed_on, id);

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
CREATE INDEX ix_course_member_id_started_on_id ON care.course (member_id, started_on, id);
CREATE INDEX ix_course_treatment_id ON care.course (treatment_id);

CREATE TABLE care.discussion (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    community_id UUID NOT NULL,
    author_id UUID,
    title VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_post_at TIMESTAMP WITH TIME ZONE NOT NULL,
    post_count INTEGER DEFAULT 0 NOT NULL,
    closed BOOLEAN DEFAULT false NOT NULL,
    search TSVECTOR GENERATED ALWAYS AS (catalog.words_in(title)) STORED NOT NULL,
    CONSTRAINT pk_discussion PRIMARY KEY (id),
    CONSTRAINT fk_discussion_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE RESTRICT,
    CONSTRAINT fk_discussion_author_id_member FOREIGN KEY(author_id) REFERENCES care.member (id) ON DELETE SET NULL
);
CREATE INDEX ix_discussion_author_id ON care.discussion (author_id);
CREATE INDEX ix_discussion_community_id_last_post_at_id ON care.discussion (community_id, last_post_at, id);
CREATE INDEX ix_discussion_search ON care.discussion USING gin (search);

CREATE TABLE care.membership (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    member_id UUID NOT NULL,
    community_id UUID NOT NULL,
    joined_on DATE NOT NULL,
    role VARCHAR(32) DEFAULT 'MEMBER' NOT NULL,
    CONSTRAINT pk_membership PRIMARY KEY (member_id, community_id),
    CONSTRAINT fk_membership_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_membership_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE RESTRICT,
    CONSTRAINT ck_membership_role CHECK (role IN ('MEMBER', 'AMBASSADOR'))
);
CREATE INDEX ix_membership_community_id_joined_on_member_id ON care.membership (community_id, joined_on, member_id);

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
CREATE INDEX ix_evaluation_member_id ON care.evaluation (member_id);
CREATE INDEX ix_evaluation_treatment_id_evaluated_on_id ON care.evaluation (treatment_id, evaluated_on, id);

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
CREATE INDEX ix_post_author_id ON care.post (author_id);
CREATE INDEX ix_post_discussion_id_created_at_id ON care.post (discussion_id, created_at, id);
CREATE INDEX ix_post_search ON care.post USING gin (search);

CREATE TABLE care.flag (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    post_id UUID NOT NULL,
    member_id UUID,
    reason VARCHAR(32) NOT NULL,
    note VARCHAR,
    status VARCHAR(32) DEFAULT 'OPEN' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_flag PRIMARY KEY (id),
    CONSTRAINT fk_flag_post_id_post FOREIGN KEY(post_id) REFERENCES care.post (id) ON DELETE CASCADE,
    CONSTRAINT fk_flag_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE SET NULL,
    CONSTRAINT ck_flag_reason CHECK (reason IN ('SPAM', 'OFF_TOPIC', 'ABUSE', 'SELF_HARM_RISK', 'MEDICAL_ADVICE', 'SOLICITATION', 'PERSONAL_DATA')),
    CONSTRAINT ck_flag_status CHECK (status IN ('OPEN', 'UPHELD', 'DISMISSED'))
);
CREATE INDEX ix_flag_created_at_id ON care.flag (created_at, id);
CREATE INDEX ix_flag_status_created_at_id ON care.flag (status, created_at, id);
CREATE INDEX ix_flag_post_id ON care.flag (post_id);

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
CREATE INDEX ix_post_reaction_member_id ON care.post_reaction (member_id);

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
CREATE INDEX ix_side_effect_member_id ON care.side_effect (member_id);
