CREATE TABLE identity.staff (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    name VARCHAR NOT NULL,
    roles TEXT[] DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_staff PRIMARY KEY (id),
    CONSTRAINT ck_staff_roles CHECK (roles <@ ARRAY['SURVEY_MANAGER', 'MODERATOR', 'DATA_STEWARD']::text[])
);

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
    CONSTRAINT pk_account PRIMARY KEY (id),
    CONSTRAINT ck_account_one_audience CHECK (num_nonnulls(member_id, organization_id, staff_id) = 1),
    CONSTRAINT ck_account_email_in_lower_case CHECK (email = lower(email)),
    CONSTRAINT uq_account_email UNIQUE (email),
    CONSTRAINT uq_account_member_id UNIQUE (member_id),
    CONSTRAINT fk_account_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_account_organization_id_organization FOREIGN KEY(organization_id) REFERENCES insight.organization (id) ON DELETE CASCADE,
    CONSTRAINT fk_account_staff_id_staff FOREIGN KEY(staff_id) REFERENCES identity.staff (id) ON DELETE CASCADE
);
CREATE INDEX ix_account_organization_id ON identity.account (organization_id);
CREATE INDEX ix_account_staff_id ON identity.account (staff_id);

CREATE TABLE identity.credential (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    account_id UUID NOT NULL,
    password_hash VARCHAR NOT NULL,
    CONSTRAINT pk_credential PRIMARY KEY (account_id),
    CONSTRAINT fk_credential_account_id_account FOREIGN KEY(account_id) REFERENCES identity.account (id) ON DELETE CASCADE
);

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
CREATE INDEX ix_session_account_id_created_at_id ON identity.session (account_id, created_at, id);
