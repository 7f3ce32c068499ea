-- Which privacy notice was read when an account was opened; null for accounts older than that.
ALTER TABLE identity.account ADD COLUMN notice_version VARCHAR;

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
CREATE INDEX ix_registration_email ON identity.registration (email);
CREATE INDEX ix_registration_expires_at ON identity.registration (expires_at);
CREATE UNIQUE INDEX uq_registration_pseudonym ON identity.registration (lower(pseudonym));

CREATE TABLE identity.password_reset (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    code_hash BYTEA NOT NULL,
    account_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_password_reset PRIMARY KEY (code_hash),
    CONSTRAINT fk_password_reset_account_id_account FOREIGN KEY(account_id) REFERENCES identity.account (id) ON DELETE CASCADE
);
CREATE INDEX ix_password_reset_account_id ON identity.password_reset (account_id);
CREATE INDEX ix_password_reset_expires_at ON identity.password_reset (expires_at);

CREATE TABLE identity.attempt (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    subject BYTEA NOT NULL,
    tried_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_attempt PRIMARY KEY (id)
);
CREATE INDEX ix_attempt_subject_tried_at ON identity.attempt (subject, tried_at);
CREATE INDEX ix_attempt_tried_at ON identity.attempt (tried_at);

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
    CONSTRAINT pk_mail PRIMARY KEY (id),
    CONSTRAINT ck_mail_letter CHECK (letter IN ('VERIFY_EMAIL', 'ADDRESS_TAKEN', 'RESET_PASSWORD', 'PASSWORD_CHANGED', 'ACCOUNT_DELETED'))
);
CREATE INDEX ix_mail_due_at ON identity.mail (due_at);
CREATE INDEX ix_mail_recipient ON identity.mail (recipient);
