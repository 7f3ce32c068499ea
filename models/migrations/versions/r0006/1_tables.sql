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
CREATE INDEX ix_consent_change_member_id_changed_at ON research.consent_change (member_id, changed_at);

INSERT INTO catalog.notice (purpose, version, in_force_on, text) VALUES
('SURVEY_RESEARCH', '2025-1', '2025-01-01', 'If you allow it, your answers to surveys of your communities are counted together with those of many others. Laboratories, hospitals, mutuals and insurers, those kinds of them that you choose, read what the answers add up to, with chance added to every number, and never an answer of yours. What each of them was told is written in a register that everybody can read. You can take this back at any time, at once: your answers to surveys that are still open are then deleted. Answers to a survey that has closed are no longer linked to you, and what was published stays: it says next to nothing about you alone.'),
('TRACKING_RESEARCH', '2025-1', '2025-01-01', 'If you allow it, what you track and the treatments you follow are counted, now and then, together with those of many others. Laboratories, hospitals, mutuals and insurers, those kinds of them that you choose, read what this adds up to, with chance added to every number, and never a value of yours. What each of them was told is written in a register that everybody can read. You can take this back at any time, at once: you are then left out of everything that is counted later. What was published stays: it says next to nothing about you alone.');
