ALTER TABLE care.membership ALTER joined_on SET DEFAULT CURRENT_DATE;

ALTER TABLE care.discussion ALTER created_at SET DEFAULT now(), ALTER last_post_at SET DEFAULT now();

DROP INDEX care.ix_flag_post_id;
ALTER TABLE care.flag
    ADD staff_id UUID,
    ADD resolution VARCHAR,
    ADD resolved_at TIMESTAMP WITH TIME ZONE,
    ADD CONSTRAINT uq_flag_post_id_member_id UNIQUE (post_id, member_id),
    ADD CONSTRAINT fk_flag_staff_id_staff FOREIGN KEY (staff_id) REFERENCES identity.staff (id) ON DELETE SET NULL;

CREATE TABLE care.removal (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    post_id UUID NOT NULL,
    staff_id UUID,
    reason VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_removal PRIMARY KEY (post_id),
    CONSTRAINT fk_removal_post_id_post FOREIGN KEY (post_id) REFERENCES care.post (id) ON DELETE CASCADE,
    CONSTRAINT fk_removal_staff_id_staff FOREIGN KEY (staff_id) REFERENCES identity.staff (id) ON DELETE SET NULL
);

CREATE TABLE care.suspension (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    member_id UUID NOT NULL,
    until TIMESTAMP WITH TIME ZONE,
    reason VARCHAR NOT NULL,
    staff_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_suspension PRIMARY KEY (member_id),
    CONSTRAINT fk_suspension_member_id_member FOREIGN KEY (member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_suspension_staff_id_staff FOREIGN KEY (staff_id) REFERENCES identity.staff (id) ON DELETE SET NULL
);
