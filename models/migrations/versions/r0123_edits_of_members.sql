DROP POLICY patient_updates ON care.post;
CREATE POLICY patient_updates ON care.post FOR UPDATE TO cohorte_patient USING (((author_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND (NOT removed))) WITH CHECK (((author_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND (removed OR ((NOT (EXISTS ( SELECT
   FROM care.suspension s
  WHERE ((s.member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((s.until IS NULL) OR (s.until > now())))))) AND (EXISTS ( SELECT
   FROM (care.discussion d
     JOIN care.membership m USING (community_id))
  WHERE ((d.id = post.discussion_id) AND (NOT d.closed) AND (m.member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")))))))));
