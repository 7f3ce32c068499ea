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

CREATE TABLE research.answer_sheet (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    survey_id UUID NOT NULL,
    CONSTRAINT pk_answer_sheet PRIMARY KEY (id),
    CONSTRAINT fk_answer_sheet_survey_id_survey FOREIGN KEY(survey_id) REFERENCES catalog.survey (id) ON DELETE CASCADE
);
CREATE INDEX ix_answer_sheet_survey_id ON research.answer_sheet (survey_id);

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
CREATE INDEX ix_participation_survey_id ON research.participation (survey_id);
