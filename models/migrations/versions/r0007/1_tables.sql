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
CREATE INDEX ix_dataset_community_id_frozen_on_id ON insight.dataset (community_id, frozen_on, id);
CREATE INDEX ix_dataset_frozen_on_id ON insight.dataset (frozen_on, id);
CREATE UNIQUE INDEX uq_dataset_wave ON insight.dataset (community_id, wave) WHERE kind = 'TRACKING' AND status <> 'TOO_SMALL';

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
CREATE INDEX ix_variable_subject_id ON insight.variable (subject_id);

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
CREATE INDEX ix_enrolment_member_id_enrolled_at ON research.enrolment (member_id, enrolled_at);

CREATE TABLE research.record (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    dataset_id UUID NOT NULL,
    member_id UUID NOT NULL,
    codes BYTEA NOT NULL,
    CONSTRAINT pk_record PRIMARY KEY (dataset_id, member_id),
    CONSTRAINT fk_record_dataset_id_enrolment FOREIGN KEY(dataset_id, member_id) REFERENCES research.enrolment (dataset_id, member_id) ON DELETE CASCADE
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
CREATE INDEX ix_release_licence_id ON insight.release (licence_id);

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
CREATE INDEX ix_insight_community_id_published_at_id ON insight.insight (community_id, published_at, id);
CREATE INDEX ix_insight_dataset_id_published_at_id ON insight.insight (dataset_id, published_at, id);

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
CREATE INDEX ix_ledger_entry_community_id_position ON insight.ledger_entry (community_id, position);
CREATE INDEX ix_ledger_entry_dataset_id_position ON insight.ledger_entry (dataset_id, position);
CREATE INDEX ix_ledger_entry_organization_id_position ON insight.ledger_entry (organization_id, position);
