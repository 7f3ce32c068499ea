"""Rules of the demonstration network, each as SQL that counts the rows that break it."""

# Each query counts the rows that break a rule, and must return 0.
BROKEN = {
    "a value outside its indicator's scale": """
        select count(*) from care.observation o join catalog.indicator i on i.id = o.indicator_id
        where o.value < i.minimum or o.value > i.maximum or o.value = 'NaN'""",
    "an indicator that is none of the member's community": """
        select count(*) from care.observation o where not exists (
            select from care.membership m join catalog.community_indicator c using (community_id)
            where m.member_id = o.member_id and c.indicator_id = o.indicator_id)""",
    "a rating that is no whole number": """
        select count(*) from care.observation o join catalog.indicator i on i.id = o.indicator_id
        where i.scale <> 'QUANTITY' and o.value <> floor(o.value)""",
    "an observation from before the member came or after today": """
        select count(*) from care.observation o join care.member m on m.id = o.member_id
        where o.observed_on < m.joined_on or o.observed_on > (now() at time zone 'UTC')::date""",
    "a relative's or an association's own diary": """
        select count(*) from care.observation o join care.member m on m.id = o.member_id where m.kind <> 'PATIENT'""",
    "an observation by a relative without an accepted care link": """
        select count(*) from care.observation o where by_relative and not exists (
            select from care.care_link l where l.patient_id = o.member_id and l.status = 'ACCEPTED')""",
    "a course of a treatment of another community": """
        select count(*) from care.course c where not exists (
            select from catalog.community_treatment t
            where t.community_id = c.community_id and t.treatment_id = c.treatment_id)""",
    "a course that is over without an end, or runs on after it": """
        select count(*) from care.course where (status in ('COMPLETED', 'STOPPED')) <> (ended_on is not null)
        or (stop_reason is not null) <> (ended_on is not null) or started_on > (now() at time zone 'UTC')::date""",
    "an evaluation that is not its course's, or from another time": """
        select count(*) from care.evaluation e join care.course c on c.id = e.course_id
        where (e.member_id, e.treatment_id) <> (c.member_id, c.treatment_id) or evaluated_on < started_on
        or evaluated_on > ended_on""",
    "a side effect of somebody else's evaluation": """
        select count(*) from care.side_effect s join care.evaluation e on e.id = s.evaluation_id
        where s.member_id <> e.member_id""",
    "a discussion whose counts are not its posts'": """
        select count(*) from care.discussion d left join (
            select discussion_id as id, count(*) as posts, min(created_at) as first, max(created_at) as last
            from care.post group by 1) p using (id)
        where (post_count, last_post_at, d.created_at) is distinct from (posts, last, first)""",
    "a post by somebody who is not in the community, or not yet": """
        select count(*) from care.post p join care.discussion d on d.id = p.discussion_id where p.author_id is not null
        and not exists (select from care.membership m where m.member_id = p.author_id
            and m.community_id = d.community_id and m.joined_on <= p.created_at::date)""",
    "a post that comes after today, or was edited before it was written": """
        select count(*) from care.post where created_at > now() or edited_at < created_at""",
    "a reaction to a post that was removed": """
        select count(*) from care.post_reaction r join care.post p on p.id = r.post_id where p.removed""",
    "a post with a blank that was not filled": "select count(*) from care.post where body ~ '[{}]'",
    "a title with a blank that was not filled": "select count(*) from care.discussion where title ~ '[{}]'",
    "a topic that is none of the community's": """
        select count(*) from care.discussion_topic t join care.discussion d on d.id = t.discussion_id
        where not exists (select from catalog.community_treatment c
            where c.community_id = d.community_id and c.treatment_id = t.treatment_id)
        and not exists (select from catalog.community_indicator c
            where c.community_id = d.community_id and c.indicator_id = t.indicator_id)""",
    "a flag that was upheld on a post that stands": """
        select count(*) from care.flag f join care.post p on p.id = f.post_id
        where f.status = 'UPHELD' and not removed""",
    "a community's member count that is further from its memberships than six deviations of its noise": """
        select count(*) from catalog.community c where abs(member_count - (
            select count(*) from care.membership m where m.community_id = c.id)) > 160""",
    "a community's consenting count that is further from its patients than six deviations of its noise": """
        select count(*) from catalog.community c where abs(consenting_count - (
            select count(*) from care.membership m join research.consent s using (member_id)
            join care.member p on p.id = m.member_id
            where m.community_id = c.id and purpose = 'SURVEY_RESEARCH' and granted and p.kind = 'PATIENT')) > 160""",
    "counts of the network that are further from its rows than six deviations of their noise, or no release": """
        select count(*) from (select 1) one left join catalog.network_count n on true
        where (select count(*) from catalog.network_count) is distinct from (
            select count(*) from insight.count_release r join insight.ledger_entry l on l.count_release_id = r.id
            where r.kind = 'NETWORK' and l.community_id is null)
        or (abs(n.active_members - (select count(*) from care.member)) <= 955
            and abs(n.treatments_followed - (select sum(least(courses, 4)) from (
                select count(*) as courses from care.course group by member_id) c)) <= 3100) is not true""",
    "a community or a survey whose counts are no release in the ledger": """
        select (select count(*) from catalog.community c where not exists (
            select from insight.count_release r join insight.ledger_entry l on l.count_release_id = r.id
            where r.community_id = c.id and r.kind = 'COMMUNITY'))
        + (select count(*) from catalog.survey s where (s.status in ('WAITING', 'OPEN')) <> exists (
            select from insight.count_release r join insight.ledger_entry l on l.count_release_id = r.id
            join catalog.survey_progress g on g.survey_id = r.survey_id
            where r.survey_id = s.id and r.kind = 'PROGRESS'))""",
    "a member without its profile and account": """
        select count(*) from care.member m where not exists (select from care.profile p where p.member_id = m.id)
        or not exists (select from identity.account a where a.member_id = m.id)""",
    "a member in no community": """
        select count(*) from care.member m where not exists (select from care.membership s where s.member_id = m.id)""",
    "a pseudonym that is an e-mail": "select count(*) from care.member where pseudonym like '%@%'",
    "a care link of other kinds than a patient and a relative": """
        select count(*) from care.care_link l join care.member p on p.id = l.patient_id
        join care.member r on r.id = l.relative_id where (p.kind, r.kind) <> ('PATIENT', 'RELATIVE')""",
    "a participation without consent, or of another community's member": """
        select count(*) from research.participation p join catalog.survey s on s.id = p.survey_id
        where not exists (select from research.consent c where c.member_id = p.member_id and granted
            and purpose = 'SURVEY_RESEARCH' and changed_at::date <= coalesce(completed_at::date, now()::date))
        or not exists (select from care.membership m
            where m.member_id = p.member_id and m.community_id = s.community_id)""",
    "a participation of somebody whose consent does not extend to everybody that the survey is offered to": """
        select count(*) from research.participation p join catalog.survey s on s.id = p.survey_id
        where not exists (select from research.consent c where c.member_id = p.member_id
            and purpose = 'SURVEY_RESEARCH' and recipients @> s.offered_to)""",
    "a year of diagnosis that cannot be": """
        select count(*) from care.diagnosis d join care.member m on m.id = d.member_id
        join care.profile p on p.member_id = m.id where diagnosed_in > extract(year from m.joined_on)
        or diagnosed_in < p.birth_year or m.kind <> 'PATIENT' or not exists (select from care.membership s
            where s.member_id = d.member_id and s.community_id = d.community_id)""",
    "a participation in a survey that has not opened": """
        select count(*) from research.participation p join catalog.survey s on s.id = p.survey_id
        where s.status in ('DRAFT', 'WAITING') or completed_at::date not between opens_on and closes_on""",
    "a closed survey whose answers are still there": """
        select count(*) from research.answer_sheet a join catalog.survey s on s.id = a.survey_id
        where s.status <> 'OPEN'""",
    "a completed participation of an open survey without answers": """
        select count(*) from research.participation p join catalog.survey s on s.id = p.survey_id
        where s.status = 'OPEN' and (p.status in ('STARTED', 'COMPLETED')) <> (answer_sheet_id is not null)""",
    "an answer to another survey's question, or an earlier version's": """
        select count(*) from research.answer a join research.answer_sheet h on h.id = a.answer_sheet_id
        join catalog.question q on q.id = a.question_id join catalog.survey s on s.id = h.survey_id
        where q.survey_id <> h.survey_id or q.version <> s.version""",
    "an answer that does not fit its question's kind": """
        select count(*) from research.answer a join catalog.question q on q.id = a.question_id
        where (cardinality(codes) > 0) <> (q.kind in ('SINGLE_CHOICE', 'MULTIPLE_CHOICE'))
        or (number is not null) <> (q.kind in ('SCALE', 'NUMBER')) or (day is not null) <> (q.kind = 'DATE')
        or (a.text is not null) <> (q.kind = 'TEXT') or number not between q.minimum and q.maximum
        or (q.kind = 'SINGLE_CHOICE' and cardinality(codes) <> 1) or cardinality(codes) > q.max_choices""",
    "a code that is none of the question's options": """
        select count(*) from research.answer a, unnest(codes) as given(code) where not exists (
            select from catalog.question_option o where o.question_id = a.question_id and o.code = given.code)""",
    "an answer to a question that another answer hides, or a required one missing": """
        with given as (
            select h.id as sheet, q.id as question, q.key, q.required, q.survey_id, q.version,
                a.question_id is not null as answered, a.codes, a.number
            from research.answer_sheet h join catalog.survey s on s.id = h.survey_id
            join catalog.question q on q.survey_id = s.id and q.version = s.version
            left join research.answer a on a.answer_sheet_id = h.id and a.question_id = q.id
        ), judged as (
            select g.*, not exists (
                select from catalog.visibility_rule r join given o on o.sheet = g.sheet and o.key = r.on_key
                where r.question_id = g.question and not coalesce(case r.operator
                    when 'ANSWERED' then o.answered
                    when 'EQUALS' then o.codes && r.values
                    when 'IN' then o.codes && r.values
                    when 'NOT_EQUALS' then not coalesce(o.codes && r.values, false)
                    when 'GREATER_THAN' then o.number > r.values[1]::float
                    when 'LESS_THAN' then o.number < r.values[1]::float end, false)) as shown
            from given g
        )
        select count(*) from judged where (answered and not shown) or (shown and required and not answered
            and not exists (select from research.participation p
                where p.answer_sheet_id = sheet and status = 'STARTED'))""",
    "an answer sheet whose place says whose it is": """
        select count(*) from (select id, lag(id) over (partition by survey_id order by ctid) as before
            from research.answer_sheet) s where id < before""",
    "a notification of something that is not there": """
        select count(*) from care.notification n where not case subject_type
            when 'pst' then exists (select from care.post where id = subject_id)
            when 'mbr' then exists (select from care.member where id = subject_id)
            when 'svy' then exists (select from catalog.survey where id = subject_id)
            when 'ins' then exists (select from insight.insight where id = subject_id) else false end
        or read_at < created_at or created_at > now()""",
    "a budget that is not what the register says was spent": """
        select count(*) from insight.dataset d where (spent_micro_rho, sold_micro_rho) <> (
            select coalesce(sum(micro_rho), 0), coalesce(sum(micro_rho) filter (where organization_id is not null), 0)
            from insight.ledger_entry l where l.dataset_id = d.id)""",
    "a dataset whose records are not those of its members, or are left of one that is none": """
        select count(*) from insight.dataset d where
            (select count(*) from research.record r where r.dataset_id = d.id) <> case when status = 'OPEN' then (
                select count(*) from research.enrolment e where e.dataset_id = d.id and withdrawn_at is null) else 0 end
        or status <> 'OPEN' and 1 <> (select count(*) from insight.release r where r.dataset_id = d.id)""",
    "a member in a dataset without its consent to all whom it is offered to": """
        select count(*) from research.enrolment e join insight.dataset d on d.id = e.dataset_id
        where not exists (select from research.consent c where c.member_id = e.member_id and granted
            and c.purpose = e.purpose and recipients @> d.offered_to)""",
    "a closed survey of which nothing was frozen": """
        select count(*) from catalog.survey s left join insight.dataset d on d.survey_id = s.id
        where case s.status when 'RELEASED' then d.status is distinct from 'OPEN'
            when 'CLOSED' then d.status is distinct from 'TOO_SMALL' else d.id is not null end""",
    "an answer that is left of a survey that was archived": """
        select count(*) from research.answer_sheet a join catalog.survey s on s.id = a.survey_id
        where s.status in ('ARCHIVED', 'DRAFT', 'WAITING')""",
    "an HPO id or ATC code that is not one": """
        select (select count(*) from catalog.indicator
            where hpo !~ '^HP:[0-9]{7}$' or (kind = 'SYMPTOM') <> (hpo is not null))
        + (select count(*) from catalog.treatment where atc !~ '^[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}$')""",
    "a condition code that is not one": """
        select count(*) from catalog.condition where icd10 !~ '^[A-Z][0-9]{2}([.][0-9])?$' or orpha !~ '^[0-9]+$'""",
}
