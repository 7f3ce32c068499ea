CREATE TABLE insight.organization (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR(32) NOT NULL,
    CONSTRAINT pk_organization PRIMARY KEY (id),
    CONSTRAINT uq_organization_name UNIQUE (name),
    CONSTRAINT ck_organization_kind CHECK (kind IN ('LABORATORY', 'HOSPITAL', 'MUTUAL', 'INSURER'))
);
CREATE INDEX ix_organization_name_id ON insight.organization (name, id);

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
    CONSTRAINT uq_api_key_prefix UNIQUE (prefix)
);
CREATE INDEX ix_api_key_organization_id ON insight.api_key (organization_id);

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
    CONSTRAINT pk_licence PRIMARY KEY (id),
    CONSTRAINT ck_licence_ends_after_start CHECK (ends_on >= starts_on),
    CONSTRAINT ck_licence_quota CHECK (quota_micro_rho >= 0),
    CONSTRAINT ck_licence_price CHECK (num_nonnulls(price_amount, price_currency) IN (0, 2)),
    CONSTRAINT fk_licence_organization_id_organization FOREIGN KEY(organization_id) REFERENCES insight.organization (id) ON DELETE CASCADE,
    CONSTRAINT fk_licence_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE RESTRICT,
    CONSTRAINT ck_licence_status CHECK (status IN ('REQUESTED', 'GRANTED', 'REFUSED', 'ENDED'))
);
CREATE INDEX ix_licence_organization_id ON insight.licence (organization_id);
CREATE INDEX ix_licence_starts_on_id ON insight.licence (starts_on, id);
