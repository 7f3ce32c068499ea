DROP POLICY manager_reads ON care.member;
DROP POLICY manager_reads ON care.profile;
DROP POLICY manager_reads ON care.suspension;
DROP POLICY manager_reads ON care.discussion;
DROP POLICY manager_reads ON care.membership;
DROP POLICY manager_reads ON catalog.survey;
DROP POLICY manager_reads ON insight.licence;
DROP POLICY manager_reads ON care.discussion_topic;
DROP POLICY manager_reads ON care.post;
DROP POLICY manager_reads ON catalog.eligibility;
DROP POLICY manager_reads ON catalog.survey_progress;
DROP POLICY manager_reads ON care.flag;
DROP POLICY manager_reads ON care.post_reaction;
DROP POLICY manager_reads ON care.removal;
DROP POLICY manager_reads ON insight.release;
DROP POLICY manager_reads ON insight.insight;
DROP POLICY manager_reads ON insight.cell;
DROP POLICY manager_reads ON insight.statistic;
CREATE POLICY manager_reads ON care.member FOR SELECT TO cohorte_manager USING (((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))) OR ((( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif") IS NOT NULL) AND ((kind)::text = 'ASSOCIATION'::text))));

CREATE POLICY manager_reads ON care.profile FOR SELECT TO cohorte_manager USING (((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))) AND ((sharing)::text = 'ALL_MEMBERS'::text)));

CREATE POLICY manager_reads ON care.suspension FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))));

CREATE POLICY manager_reads ON care.discussion FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))));

CREATE POLICY manager_reads ON care.membership FOR SELECT TO cohorte_manager USING (((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))) OR (EXISTS ( SELECT
   FROM care.member m
  WHERE (m.id = membership.member_id)))));

CREATE POLICY manager_reads ON catalog.survey FOR SELECT TO cohorte_manager USING ((((status)::text <> 'DRAFT'::text) OR (EXISTS ( SELECT
   FROM identity.staff f
  WHERE ((f.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('SURVEY_MANAGER'::text = ANY (f.roles)))))));

CREATE POLICY manager_reads ON insight.licence FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('DATA_STEWARD'::text = ANY (s.roles))))));

CREATE POLICY manager_reads ON care.discussion_topic FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))));

CREATE POLICY manager_reads ON care.post FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))));

CREATE POLICY manager_reads ON catalog.eligibility FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM catalog.survey s
  WHERE ((s.id = eligibility.survey_id) AND (((s.status)::text <> 'WAITING'::text) OR (EXISTS ( SELECT
           FROM identity.staff f
          WHERE ((f.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('SURVEY_MANAGER'::text = ANY (f.roles))))))))));

CREATE POLICY manager_reads ON catalog.survey_progress FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff f
  WHERE ((f.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('SURVEY_MANAGER'::text = ANY (f.roles))))));

CREATE POLICY manager_reads ON care.flag FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))));

CREATE POLICY manager_reads ON care.post_reaction FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))));

CREATE POLICY manager_reads ON care.removal FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))));

CREATE POLICY manager_reads ON insight.release FOR SELECT TO cohorte_manager USING (((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('DATA_STEWARD'::text = ANY (s.roles))))) OR (EXISTS ( SELECT
   FROM identity.staff f
  WHERE ((f.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('SURVEY_MANAGER'::text = ANY (f.roles)))))));

CREATE POLICY manager_reads ON insight.insight FOR SELECT TO cohorte_manager USING (((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('DATA_STEWARD'::text = ANY (s.roles))))) OR (EXISTS ( SELECT
   FROM identity.staff f
  WHERE ((f.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('SURVEY_MANAGER'::text = ANY (f.roles)))))));

CREATE POLICY manager_reads ON insight.cell FOR SELECT TO cohorte_manager USING (((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('DATA_STEWARD'::text = ANY (s.roles))))) OR (EXISTS ( SELECT
   FROM identity.staff f
  WHERE ((f.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('SURVEY_MANAGER'::text = ANY (f.roles)))))));

CREATE POLICY manager_reads ON insight.statistic FOR SELECT TO cohorte_manager USING (((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('DATA_STEWARD'::text = ANY (s.roles))))) OR (EXISTS ( SELECT
   FROM identity.staff f
  WHERE ((f.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('SURVEY_MANAGER'::text = ANY (f.roles)))))));
