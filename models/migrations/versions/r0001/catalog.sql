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
CREATE INDEX ix_treatment_name_id ON catalog.treatment (name, id);
CREATE INDEX ix_treatment_search ON catalog.treatment USING gin (search);

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
CREATE INDEX ix_community_treatment_community_id_position_treatment_id ON catalog.community_treatment (community_id, position, treatment_id);

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
CREATE INDEX ix_survey_community_id_closes_on_id ON catalog.survey (community_id, closes_on, id);

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
