CREATE TABLE catalog.source_entry (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    source VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    row_id UUID NOT NULL,
    given JSONB DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_source_entry PRIMARY KEY (source, kind, code),
    CONSTRAINT ck_source_entry_kind CHECK (kind IN ('condition', 'community', 'indicator', 'treatment'))
);

ALTER TABLE catalog.condition ADD COLUMN omim character varying;
CREATE INDEX ix_source_entry_row_id ON catalog.source_entry USING btree (row_id);
ALTER TABLE catalog.source_entry ENABLE ROW LEVEL SECURITY;
