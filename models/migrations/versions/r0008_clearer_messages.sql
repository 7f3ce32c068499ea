CREATE OR REPLACE FUNCTION catalog.search_query(term text)
 RETURNS tsquery
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog'
 SET client_min_messages TO 'warning'
AS $function$
DECLARE words text;
BEGIN
    -- unaccent turns fullwidth quotes and backslashes into plain ones: these are doubled.
    SELECT string_agg('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''':*', ' & ') INTO words
    FROM unnest(catalog.words_in(left(term, 200)))
    WHERE octet_length(lexeme) <= 1000;
    RETURN coalesce(words, '')::tsquery;
END $function$;

CREATE OR REPLACE FUNCTION identity.delete_account(account_id uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
    leaving identity.account;
BEGIN
    SELECT * INTO leaving FROM identity.account a
    WHERE a.id = delete_account.account_id AND a.member_id = viewer FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM FROM care.member m WHERE m.id = viewer FOR UPDATE;
    -- Their counts of members change: locked in the order of their ids, as everywhere.
    PERFORM FROM catalog.community c JOIN care.membership s ON s.community_id = c.id
    WHERE s.member_id = viewer ORDER BY c.id FOR NO KEY UPDATE OF c;
    PERFORM identity.close_sessions(leaving.id);
    DELETE FROM research.answer_sheet s USING research.participation p
    WHERE p.member_id = viewer AND s.id = p.answer_sheet_id;
    UPDATE care.flag f SET note = NULL WHERE f.member_id = viewer AND f.note IS NOT NULL;
    DELETE FROM care.notification n WHERE n.subject_id = viewer;
    DELETE FROM identity.mutation m WHERE m.caller = viewer;
    DELETE FROM identity.mail m WHERE m.recipient = leaving.email;
    DELETE FROM identity.registration r WHERE r.email = leaving.email;
    DELETE FROM identity.attempt a WHERE a.subject IN (
        sha256(convert_to('sign-in account ' || leaving.email, 'UTF8')),
        sha256(convert_to('mail account ' || leaving.email, 'UTF8')));
    DELETE FROM care.member m WHERE m.id = viewer;  -- everything else is deleted by cascade
    PERFORM identity.write_to(leaving.email, 'ACCOUNT_DELETED', leaving.locale, NULL);
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION identity.try_again(subject text, most integer, within interval)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    digest bytea := sha256(convert_to(try_again.subject, 'UTF8'));
    made uuid;
BEGIN
    -- One at a time: two concurrent counts would both have room for a last attempt.
    PERFORM pg_advisory_xact_lock(hashtextextended(encode(digest, 'hex'), 1));
    DELETE FROM identity.attempt a WHERE a.subject = digest AND a.tried_at < now() - try_again.within;
    IF (SELECT count(*) FROM identity.attempt a WHERE a.subject = digest) < try_again.most THEN
        INSERT INTO identity.attempt (subject, tried_at) VALUES (digest, clock_timestamp()) RETURNING id INTO made;
    END IF;
    RETURN made;
END $function$;

CREATE OR REPLACE FUNCTION identity.request_password_reset(email text, code text, lifetime interval, verifying interval, demonstration boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    address text := lower(request_password_reset.email);
    digest bytea := sha256(convert_to(request_password_reset.code, 'UTF8'));
    holder identity.account;
    language text;
BEGIN
    SELECT * INTO holder FROM identity.account a
    WHERE a.email = address AND (request_password_reset.demonstration OR NOT a.demonstration);
    IF FOUND THEN
        INSERT INTO identity.password_reset (code_hash, account_id, expires_at)
        VALUES (digest, holder.id, now() + request_password_reset.lifetime);
        PERFORM identity.write_to(holder.email, 'RESET_PASSWORD', holder.locale, request_password_reset.code);
        RETURN;
    END IF;
    UPDATE identity.registration r
    SET code_hash = digest, expires_at = now() + request_password_reset.verifying
    WHERE r.id = (
        SELECT l.id FROM identity.registration l
        WHERE l.email = address AND l.code_hash IS NOT NULL AND l.expires_at > now()
        ORDER BY l.created_at DESC, l.id LIMIT 1)
    RETURNING r.locale INTO language;
    IF FOUND THEN
        PERFORM identity.write_to(address, 'VERIFY_EMAIL', language, request_password_reset.code);
    ELSE
        -- A commit that writes takes longer than one that doesn't: response times would show who has an account.
        INSERT INTO identity.attempt (subject) VALUES (digest);
        PERFORM pg_notify('cohorte_mail', '');
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION identity.reset_password(code text, password_hash text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    digest bytea := sha256(convert_to(reset_password.code, 'UTF8'));
    holder identity.account;
BEGIN
    SELECT a.* INTO holder FROM identity.account a JOIN identity.password_reset p ON p.account_id = a.id
    WHERE p.code_hash = digest FOR UPDATE OF a;
    DELETE FROM identity.password_reset p WHERE p.code_hash = digest AND p.expires_at > now();
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM identity.password_reset p WHERE p.account_id = holder.id;
    INSERT INTO identity.credential AS c (account_id, password_hash) VALUES (holder.id, reset_password.password_hash)
    ON CONFLICT (account_id) DO UPDATE SET password_hash = excluded.password_hash;
    UPDATE identity.account a SET email_verified = true WHERE a.id = holder.id AND NOT a.email_verified;
    PERFORM identity.close_sessions(holder.id);
    -- Failed attempts at the old password no longer lock the account.
    DELETE FROM identity.attempt a WHERE a.subject = sha256(convert_to('sign-in account ' || holder.email, 'UTF8'));
    PERFORM identity.write_to(holder.email, 'PASSWORD_CHANGED', holder.locale, NULL);
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION identity.register(email text, password_hash text, pseudonym text, kind text, birth_year integer, sex text, region text, locale text, notice_version text, code text, lifetime interval)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    address text := lower(register.email);
    holder identity.account;
    is_taken boolean;
BEGIN
    -- A second registration, after a lost mail or a mistyped password, replaces the first.
    DELETE FROM identity.registration r
    WHERE lower(r.pseudonym) = lower(register.pseudonym) AND r.email = address;
    IF NOT identity.is_free(register.pseudonym, NULL) THEN
        RETURN false;
    END IF;
    SELECT * INTO holder FROM identity.account a WHERE a.email = address;
    is_taken := FOUND;
    INSERT INTO identity.registration (
        email, pseudonym, kind, birth_year, sex, region, locale, notice_version, code_hash, password_hash, expires_at)
    VALUES (
        address, register.pseudonym, register.kind,
        CASE WHEN NOT is_taken THEN register.birth_year END,
        CASE WHEN is_taken THEN 'UNKNOWN' ELSE register.sex END,
        CASE WHEN NOT is_taken THEN register.region END,
        register.locale, register.notice_version,
        CASE WHEN NOT is_taken THEN sha256(convert_to(register.code, 'UTF8')) END,
        CASE WHEN NOT is_taken THEN register.password_hash END,
        now() + register.lifetime);
    IF is_taken THEN
        PERFORM identity.write_to(holder.email, 'ADDRESS_TAKEN', holder.locale, NULL);
    ELSE
        PERFORM identity.write_to(address, 'VERIFY_EMAIL', register.locale, register.code);
    END IF;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION identity.verify_email(code text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    digest bytea := sha256(convert_to(verify_email.code, 'UTF8'));
    waiting identity.registration;
    opened uuid;
    whose uuid;
BEGIN
    SELECT * INTO waiting FROM identity.registration r WHERE r.code_hash = digest;
    -- Of two registrations with one address, the first to be verified wins.
    PERFORM pg_advisory_xact_lock(hashtextextended(waiting.email, 3));
    DELETE FROM identity.registration r WHERE r.code_hash = digest AND r.expires_at > now() RETURNING * INTO waiting;
    IF NOT FOUND OR EXISTS (SELECT FROM identity.account a WHERE a.email = waiting.email) THEN
        RETURN false;
    END IF;
    INSERT INTO care.member (pseudonym, kind, joined_on)
    VALUES (waiting.pseudonym, waiting.kind, current_date) RETURNING id INTO whose;
    INSERT INTO care.profile (member_id, birth_year, sex, region)
    VALUES (whose, waiting.birth_year, waiting.sex, waiting.region);
    INSERT INTO identity.account (email, email_verified, locale, notice_version, member_id)
    VALUES (waiting.email, true, waiting.locale, waiting.notice_version, whose) RETURNING id INTO opened;
    INSERT INTO identity.credential (account_id, password_hash) VALUES (opened, waiting.password_hash);
    DELETE FROM identity.registration r WHERE r.email = waiting.email;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION identity.close_session(session_id uuid, account_id uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    DELETE FROM identity.session s USING identity.account a
    WHERE s.id = close_session.session_id AND s.account_id = close_session.account_id AND a.id = s.account_id
        -- The account must be the viewer's, whatever the argument says.
        AND (a.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
            OR a.organization_id = nullif(current_setting('cohorte.organization', true), '')::uuid
            OR a.staff_id = nullif(current_setting('cohorte.staff', true), '')::uuid);
    IF FOUND THEN
        PERFORM pg_notify('session_revoked', close_session.session_id::text);
        RETURN true;
    END IF;
    RETURN false;
END $function$;

CREATE OR REPLACE FUNCTION care.count_members()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM catalog.community c WHERE c.id IN (SELECT community_id FROM changed)
    ORDER BY c.id FOR NO KEY UPDATE;
    -- To the nearest ten, halves up.
    UPDATE catalog.community c SET member_count = n.rounded
    FROM (
        SELECT of.community_id, (count(m.member_id) + 5) / 10 * 10 AS rounded
        FROM (SELECT DISTINCT community_id FROM changed) of LEFT JOIN care.membership m USING (community_id)
        GROUP BY of.community_id
    ) n
    WHERE c.id = n.community_id AND c.member_count <> n.rounded;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION care.tell(member uuid, kind text, subject_type text, subject_id uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
    staff uuid := nullif(current_setting('cohorte.staff', true), '')::uuid;
    allowed boolean := CASE tell.kind
        WHEN 'REPLY' THEN tell.subject_type = 'pst' AND EXISTS (
            SELECT FROM care.post p WHERE p.id = tell.subject_id AND p.author_id = viewer)
        WHEN 'CARE_LINK' THEN tell.subject_type = 'mbr' AND tell.subject_id = viewer AND EXISTS (
            SELECT FROM care.care_link l
            WHERE (l.patient_id, l.relative_id) IN ((viewer, tell.member), (tell.member, viewer)))
        ELSE staff IS NOT NULL
    END;
BEGIN
    IF allowed IS NOT TRUE THEN
        RAISE 'the viewer may not send this notification' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN care.notify_member(tell.member, tell.kind, tell.subject_type, tell.subject_id);
END $function$;

CREATE OR REPLACE FUNCTION care.guard_care_link()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF NEW.status = 'ACCEPTED' AND OLD.status = 'ENDED' THEN
        RAISE 'a care link that has ended cannot be accepted' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION research.require_member()
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid;
BEGIN
    -- Locked until the transaction ends: changes of one member's consents and answers are serialized.
    SELECT m.id INTO viewer FROM care.member m
    WHERE m.id = nullif(current_setting('cohorte.member', true), '')::uuid FOR NO KEY UPDATE;
    IF viewer IS NULL THEN
        RAISE 'only members may do this' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN viewer;
END $function$;

CREATE OR REPLACE FUNCTION research.set_consent(purpose text, granted boolean, recipients text[], notice_version text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := research.require_member();
    one uuid;
BEGIN
    INSERT INTO research.consent AS k (member_id, purpose, granted, recipients, notice_version, demonstration)
    SELECT m.id, set_consent.purpose, set_consent.granted, set_consent.recipients, set_consent.notice_version,
        m.demonstration
    FROM care.member m WHERE m.id = viewer
    ON CONFLICT ON CONSTRAINT pk_consent DO UPDATE
        SET granted = excluded.granted, recipients = excluded.recipients, notice_version = excluded.notice_version,
            changed_at = now()
        WHERE (k.granted, k.recipients, k.notice_version)
            IS DISTINCT FROM (excluded.granted, excluded.recipients, excluded.notice_version);
    IF NOT FOUND THEN
        RETURN;  -- nothing changed
    END IF;
    INSERT INTO research.consent_change (member_id, purpose, granted, recipients, notice_version, demonstration)
    SELECT k.member_id, k.purpose, k.granted, k.recipients, k.notice_version, k.demonstration
    FROM research.consent k WHERE k.member_id = viewer AND k.purpose = set_consent.purpose;
    IF set_consent.purpose <> 'SURVEY_RESEARCH' THEN
        RETURN;
    END IF;
    FOR one IN
        SELECT s.id FROM research.participation p JOIN catalog.survey s ON s.id = p.survey_id
        WHERE p.member_id = viewer AND p.status IN ('STARTED', 'COMPLETED') AND s.status = 'OPEN'
            AND NOT (set_consent.granted AND set_consent.recipients @> s.offered_to)
        ORDER BY s.id
    LOOP
        PERFORM research.take_back(viewer, one);
    END LOOP;
    IF set_consent.granted THEN
        FOR one IN SELECT b.community_id FROM care.membership b WHERE b.member_id = viewer ORDER BY b.community_id LOOP
            PERFORM catalog.readiness_changed(one);
        END LOOP;
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION research.enrol(dataset uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    yearly CONSTANT integer := 500000;
    lasting CONSTANT integer := 1000000;
    frozen insight.dataset;
    what_for text;
BEGIN
    -- One at a time: two concurrent enrolments could reserve the same allowance.
    PERFORM pg_advisory_xact_lock(hashtext('cohorte.enrol'));
    SELECT * INTO frozen FROM insight.dataset d WHERE d.id = enrol.dataset FOR NO KEY UPDATE;
    IF frozen.status IS DISTINCT FROM 'OPEN'
        OR EXISTS (SELECT FROM research.enrolment e WHERE e.dataset_id = frozen.id)
        OR EXISTS (SELECT FROM insight.release r WHERE r.dataset_id = frozen.id)
    THEN
        RAISE 'a dataset is enrolled once, before anything is published from it' USING ERRCODE = 'check_violation';
    END IF;
    what_for := CASE frozen.kind WHEN 'SURVEY' THEN 'SURVEY_RESEARCH' ELSE 'TRACKING_RESEARCH' END;
    INSERT INTO research.enrolment
        (dataset_id, member_id, purpose, reserved_micro_rho, enrolled_at, demonstration)
    WITH consenting AS (
        -- Members who are being deleted or are changing their consent are skipped: waiting for them could deadlock.
        SELECT m.id, m.kind, m.demonstration
        FROM research.consent k JOIN care.member m ON m.id = k.member_id
        WHERE k.purpose = what_for AND k.granted AND k.recipients @> frozen.offered_to
            AND CASE frozen.kind
                WHEN 'SURVEY' THEN EXISTS (
                    SELECT FROM research.participation p
                    WHERE p.member_id = m.id AND p.survey_id = frozen.survey_id AND p.status = 'COMPLETED'
                        AND p.answer_sheet_id IS NOT NULL)
                ELSE m.kind = 'PATIENT' AND EXISTS (
                    SELECT FROM care.membership b WHERE b.member_id = m.id AND b.community_id = frozen.community_id)
            END
        FOR SHARE OF k SKIP LOCKED
        FOR KEY SHARE OF m SKIP LOCKED
    ), reserved AS (
        SELECT e.member_id,
            sum(e.reserved_micro_rho) FILTER (WHERE d.frozen_on > frozen.frozen_on - 365) AS this_year,
            sum(e.reserved_micro_rho) FILTER (WHERE e.purpose = what_for
                AND d.frozen_on >= research.consenting_since(e.member_id, what_for)) AS this_consent
        FROM consenting c
        JOIN research.enrolment e ON e.member_id = c.id
        JOIN insight.dataset d ON d.id = e.dataset_id
        GROUP BY e.member_id
    )
    SELECT frozen.id, c.id, what_for, frozen.cap_micro_rho,
        least(now(), (frozen.frozen_on + 1)::timestamp AT TIME ZONE 'UTC'), c.demonstration
    FROM consenting c LEFT JOIN reserved r ON r.member_id = c.id
    WHERE coalesce(r.this_year, 0) + frozen.cap_micro_rho <= yearly
        AND coalesce(r.this_consent, 0) + frozen.cap_micro_rho <= lasting;
END $function$;

CREATE OR REPLACE FUNCTION research.tell_enrolled(dataset uuid, insight uuid)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    told integer;
BEGIN
    PERFORM FROM insight.insight i WHERE i.id = tell_enrolled.insight AND i.dataset_id = tell_enrolled.dataset;
    IF NOT FOUND THEN
        RAISE 'the insight is of another dataset' USING ERRCODE = 'check_violation';
    END IF;
    WITH enrolled AS (
        SELECT m.id, m.demonstration
        FROM research.enrolment e JOIN care.member m ON m.id = e.member_id
        WHERE e.dataset_id = tell_enrolled.dataset AND e.withdrawn_at IS NULL
            AND NOT EXISTS (
                SELECT FROM care.notification n JOIN insight.insight i ON i.id = n.subject_id
                WHERE n.member_id = e.member_id AND n.kind = 'INSIGHT_PUBLISHED' AND n.read_at IS NULL
                    AND i.dataset_id = e.dataset_id)
        FOR KEY SHARE OF m SKIP LOCKED
    ), made AS (
        INSERT INTO care.notification (member_id, kind, subject_type, subject_id, demonstration)
        SELECT e.id, 'INSIGHT_PUBLISHED', 'ins', tell_enrolled.insight, e.demonstration FROM enrolled e
        RETURNING id, member_id
    )
    SELECT count(*) INTO told FROM made m CROSS JOIN LATERAL care.announce('notificationAdded', m.id, m.member_id);
    RETURN told;
END $function$;

CREATE OR REPLACE FUNCTION research.histogram(dataset uuid, variables integer[])
 RETURNS bigint[]
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    asked CONSTANT integer[] := coalesce(histogram.variables, '{}');
    one record;
    cells bigint := 1;
    read text[] := '{}';  -- bytes of each variable in a record
    grouped text[] := '{}';
    spread text := '';  -- joins that turn bytes into categories
    inside text := '';
    cell text := '0';
    counts bigint[];
BEGIN
    -- Locked until the publication commits: consents withdrawn before are not counted, later withdrawals wait.
    PERFORM FROM insight.dataset d WHERE d.id = histogram.dataset AND d.status = 'OPEN' FOR NO KEY UPDATE;
    IF NOT FOUND OR cardinality(asked) > 3 OR array_ndims(asked) > 1
        OR cardinality(asked) <> (SELECT count(DISTINCT a) FROM unnest(asked) a)
    THEN
        RAISE 'no such cube' USING ERRCODE = 'check_violation';
    END IF;
    FOR one IN
        SELECT a.nth, v.slot, v.max_per_member, count(c.place) AS categories, max(c.place) AS last_place
        FROM unnest(asked) WITH ORDINALITY a (position, nth)
        LEFT JOIN insight.variable v ON v.dataset_id = histogram.dataset AND v.position = a.position
        LEFT JOIN insight.category c ON c.dataset_id = v.dataset_id AND c.variable = v.position
        GROUP BY a.nth, v.slot, v.max_per_member ORDER BY a.nth
    LOOP
        cells := cells * one.categories;
        IF one.slot IS NULL OR one.categories = 0 OR one.last_place <> one.categories - 1 OR cells > 5000 THEN
            RAISE 'no such cube' USING ERRCODE = 'check_violation';
        END IF;
        -- The statement contains only integers that are computed here, no values. Records are first grouped by their
        -- bytes, so that categories are looked up once for each group, not once for each member.
        grouped := grouped || format('b%s', one.nth);
        IF one.max_per_member = 1 THEN
            read := read || format('get_byte(codes, %s) AS b%s', one.slot, one.nth);
            spread := spread || format(' CROSS JOIN LATERAL (SELECT b%s AS place) c%s', one.nth, one.nth);
        ELSE
            read := read || format('substr(codes, %s, %s) AS b%s', one.slot + 1, one.max_per_member, one.nth);
            spread := spread || format(
                ' CROSS JOIN LATERAL (SELECT DISTINCT get_byte(b%s, i) AS place FROM generate_series(0, %s) i) c%s',
                one.nth, one.max_per_member - 1, one.nth);
        END IF;
        inside := inside || format(' AND c%s.place < %s', one.nth, one.categories);
        cell := format('(%s) * %s + c%s.place', cell, one.categories, one.nth);
    END LOOP;
    EXECUTE format(
        'WITH read AS (SELECT %s FROM research.record WHERE dataset_id = $1 %s),
            counted AS (SELECT %s AS cell, sum(n) AS n FROM read%s WHERE true%s GROUP BY 1)
        SELECT array_agg(coalesce(n, 0)::bigint ORDER BY cell)
        FROM generate_series(0, %s) cell LEFT JOIN counted USING (cell)',
        array_to_string(read || 'count(*) AS n'::text, ', '),
        CASE WHEN cardinality(grouped) > 0 THEN 'GROUP BY ' || array_to_string(grouped, ', ') ELSE '' END,
        cell, spread, inside, cells - 1
    ) INTO counts USING histogram.dataset;
    RETURN counts;
END $function$;

CREATE OR REPLACE FUNCTION research.take_back(member uuid, survey uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    part research.participation;
BEGIN
    PERFORM FROM catalog.survey s WHERE s.id = take_back.survey AND s.status = 'OPEN' FOR SHARE;
    IF NOT FOUND THEN
        RETURN NULL;  -- after closing, nobody knows which answers are whose
    END IF;
    SELECT * INTO part FROM research.participation p
    WHERE p.survey_id = take_back.survey AND p.member_id = take_back.member AND p.status <> 'WITHDRAWN';
    UPDATE research.participation p SET status = 'WITHDRAWN', completed_at = NULL, answer_sheet_id = NULL
    WHERE p.id = part.id;
    DELETE FROM research.answer_sheet a WHERE a.id = part.answer_sheet_id;
    RETURN part.id;
END $function$;

CREATE OR REPLACE FUNCTION research.encode(dataset uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM insight.dataset d WHERE d.id = encode.dataset AND d.status = 'OPEN' FOR NO KEY UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM insight.release r WHERE r.dataset_id = encode.dataset) THEN
        RAISE 'a dataset is encoded before anything is published from it' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM FROM (
        SELECT v.slot, sum(v.max_per_member) OVER (ORDER BY v.slot) - v.max_per_member AS expected,
            EXISTS (SELECT FROM insight.category c
                WHERE c.dataset_id = v.dataset_id AND c.variable = v.position AND c.code = 'UNKNOWN') AS has_unknown
        FROM insight.variable v WHERE v.dataset_id = encode.dataset
    ) v WHERE v.slot <> v.expected OR NOT v.has_unknown;
    IF FOUND THEN
        RAISE 'a variable lacks UNKNOWN, or slots have gaps' USING ERRCODE = 'check_violation';
    END IF;

    INSERT INTO research.record (dataset_id, member_id, codes, demonstration)
    WITH variable AS MATERIALIZED (
        SELECT v.position, v.slot, v.max_per_member, known.other, known.unknown,
            decode(repeat('ff', v.max_per_member), 'hex') AS nothing
        FROM insight.variable v
        CROSS JOIN LATERAL (
            SELECT min(c.place) FILTER (WHERE c.code = 'UNKNOWN') AS unknown,
                min(c.place) FILTER (WHERE c.code = 'OTHER') AS other
            FROM insight.category c WHERE c.dataset_id = v.dataset_id AND c.variable = v.position
        ) known
        WHERE v.dataset_id = encode.dataset
    ), category AS MATERIALIZED (
        SELECT c.variable, c.place, c.code, c.low, c.high FROM insight.category c WHERE c.dataset_id = encode.dataset
    ), coded AS (
        SELECT r.member_id, r.variable, coalesce(c.place, v.other) AS category, min(r.place) AS first_place
        FROM research.raw_rows(encode.dataset) r
        JOIN variable v ON v.position = r.variable
        LEFT JOIN category c ON c.variable = r.variable
            AND (r.number IS NULL OR c.low <= r.number AND r.number < c.high)
            AND (r.text IS NULL OR CASE WHEN r.number IS NULL THEN c.code = r.text
                ELSE starts_with(c.code, r.text || '_') END)
        WHERE coalesce(c.place, v.other) <> v.unknown
        GROUP BY r.member_id, r.variable, coalesce(c.place, v.other)
    ), kept AS MATERIALIZED (
        SELECT c.member_id, c.variable,
            string_agg(set_byte('\x00', 0, c.category), ''::bytea ORDER BY c.first_place, c.category) AS codes
        FROM coded c GROUP BY c.member_id, c.variable
    )
    SELECT encode.dataset, e.member_id,
        coalesce(string_agg(
            -- Truncated or padded to max_per_member.
            substr(coalesce(k.codes, set_byte('\x00', 0, v.unknown)) || v.nothing, 1, v.max_per_member),
            ''::bytea ORDER BY v.slot), ''),
        e.demonstration
    FROM research.enrolment e
    LEFT JOIN variable v ON true
    LEFT JOIN kept k ON k.member_id = e.member_id AND k.variable = v.position
    WHERE e.dataset_id = encode.dataset AND e.withdrawn_at IS NULL
    GROUP BY e.member_id, e.demonstration;
END $function$;

CREATE OR REPLACE FUNCTION research.close_at_once(survey uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM catalog.survey s WHERE s.id = close_at_once.survey AND s.status IN ('WAITING', 'OPEN') FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE catalog.survey s SET status = 'CLOSED', closes_on = least(s.closes_on, greatest(s.opens_on, catalog.today()))
    WHERE s.id = close_at_once.survey;
    -- Answers that were not submitted are deleted.
    DELETE FROM research.answer_sheet a USING research.participation p
    WHERE p.survey_id = close_at_once.survey AND p.status <> 'COMPLETED' AND a.id = p.answer_sheet_id;
    UPDATE research.participation p
    SET answer_sheet_id = NULL, completed_at = date_trunc('day', p.completed_at, 'UTC')
    WHERE p.survey_id = close_at_once.survey AND (p.answer_sheet_id IS NOT NULL OR p.completed_at IS NOT NULL);
    -- All answers are rewritten under new ids, in their order: neither an id that was seen before nor a row's position
    -- or transaction shows when it was given, and so by whom.
    WITH renamed AS MATERIALIZED (
        SELECT a.id AS was, gen_random_uuid() AS becomes, a.demonstration FROM research.answer_sheet a
        WHERE a.survey_id = close_at_once.survey
    ), taken AS (
        DELETE FROM research.answer a USING renamed r WHERE a.answer_sheet_id = r.was RETURNING r.becomes, a.*
    ), gone AS (
        DELETE FROM research.answer_sheet a USING renamed r WHERE a.id = r.was
    ), sheets AS (
        INSERT INTO research.answer_sheet (id, survey_id, demonstration)
        SELECT r.becomes, close_at_once.survey, r.demonstration FROM renamed r ORDER BY r.becomes
    )
    INSERT INTO research.answer (answer_sheet_id, question_id, codes, number, day, text, demonstration)
    SELECT t.becomes, t.question_id, t.codes, t.number, t.day, t.text, t.demonstration FROM taken t
    ORDER BY t.becomes, t.question_id;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION identity.require_survey_manager()
 RETURNS void
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM identity.staff f
    WHERE f.id = nullif(current_setting('cohorte.staff', true), '')::uuid AND 'SURVEY_MANAGER' = ANY (f.roles);
    IF NOT FOUND THEN
        RAISE 'only survey managers may do this' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION insight.guard_dataset()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF NEW.spent_micro_rho < OLD.spent_micro_rho OR NEW.sold_micro_rho < OLD.sold_micro_rho
        OR NEW.cap_micro_rho <> OLD.cap_micro_rho OR OLD.status <> 'OPEN' AND NEW IS DISTINCT FROM OLD
    THEN
        RAISE 'a budget can only be spent, and an ended dataset cannot change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION insight.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    RAISE 'published rows cannot be changed or deleted' USING ERRCODE = 'insufficient_privilege';
END $function$;

CREATE OR REPLACE FUNCTION insight.link_entry()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    last insight.ledger_entry;
BEGIN
    SELECT * INTO last FROM insight.ledger_entry l ORDER BY l.position DESC LIMIT 1;
    IF NEW.position <> coalesce(last.position, 0) + 1
        OR NEW.previous_hash <> coalesce(last.hash, decode(repeat('00', 32), 'hex'))
        OR octet_length(NEW.hash) <> 32 OR octet_length(NEW.cells_digest) <> 32
    THEN
        RAISE 'the ledger entry does not follow the last one' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION identity.open_organization(name text, kind text, email text, locale text, code text, lifetime interval, OUT organization_id uuid, OUT taken text[])
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    address text := lower(open_organization.email);
    opened uuid;
BEGIN
    PERFORM FROM identity.staff f
    WHERE f.id = nullif(current_setting('cohorte.staff', true), '')::uuid AND 'DATA_STEWARD' = ANY (f.roles);
    IF NOT FOUND THEN
        RAISE 'only data stewards may do this' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- As in verify_email: of two accounts with one address, the first to be opened wins. The same for two organizations
    -- with one name.
    PERFORM pg_advisory_xact_lock(hashtextextended(address, 3));
    PERFORM pg_advisory_xact_lock(hashtextextended(lower(open_organization.name), 4));
    taken := array_remove(ARRAY[
        CASE WHEN EXISTS (SELECT FROM insight.organization o WHERE lower(o.name) = lower(open_organization.name))
            THEN 'name' END,
        CASE WHEN EXISTS (SELECT FROM identity.account a WHERE a.email = address) THEN 'email' END], NULL);
    IF cardinality(taken) > 0 THEN
        RETURN;
    END IF;
    INSERT INTO insight.organization (name, kind) VALUES (open_organization.name, open_organization.kind)
    RETURNING id INTO organization_id;
    INSERT INTO identity.account (email, locale, organization_id)
    VALUES (address, open_organization.locale, open_organization.organization_id) RETURNING id INTO opened;
    INSERT INTO identity.password_reset (code_hash, account_id, expires_at)
    VALUES (sha256(convert_to(open_organization.code, 'UTF8')), opened, now() + open_organization.lifetime);
    PERFORM identity.write_to(
        address, 'ORGANIZATION_OPENED', open_organization.locale, open_organization.code, open_organization.name);
END $function$;
