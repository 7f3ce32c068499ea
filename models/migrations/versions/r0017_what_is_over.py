"""What is over: flags of removed posts, invitations to closed surveys, care links that have ended."""

from alembic import op

from models.migrations import frozen

revision = "0017"
down_revision = "0016"
create, downgrade = frozen.steps(__file__)
OPEN_FLAGS = """
    UPDATE care.flag SET staff_id = NULL, resolution = NULL, resolved_at = NULL
    WHERE status = 'OPEN' AND num_nonnulls(staff_id, resolution, resolved_at) > 0
"""
OVER = (
    """
    UPDATE care.flag f
    SET status = CASE WHEN r.post_id IS NULL THEN 'LAPSED' ELSE 'UPHELD' END, staff_id = r.staff_id,
        resolution = r.reason, resolved_at = coalesce(r.created_at, now())
    FROM care.post p LEFT JOIN care.removal r ON r.post_id = p.id
    WHERE p.id = f.post_id AND p.removed AND f.status = 'OPEN'
    """,
    """
    UPDATE research.participation p SET status = 'LAPSED' FROM catalog.survey s
    WHERE s.id = p.survey_id AND s.status IN ('CLOSED', 'RELEASED', 'ARCHIVED') AND p.status IN ('INVITED', 'STARTED')
    """,
    """
    DELETE FROM research.participation p USING catalog.survey s
    WHERE s.id = p.survey_id AND s.status = 'OPEN' AND p.status = 'INVITED' AND NOT EXISTS (
        SELECT FROM care.membership m WHERE m.member_id = p.member_id AND m.community_id = s.community_id)
    """,
    """
    DELETE FROM care.notification n
    WHERE n.kind = 'SURVEY_OPEN' AND NOT EXISTS (
            SELECT FROM catalog.survey s JOIN care.membership m ON m.community_id = s.community_id
            WHERE s.id = n.subject_id AND s.status = 'OPEN' AND m.member_id = n.member_id)
        OR n.kind = 'REPLY' AND EXISTS (SELECT FROM care.post p WHERE p.id = n.subject_id AND p.removed)
        OR n.kind = 'CARE_LINK' AND EXISTS (
            SELECT FROM care.care_link l WHERE l.status = 'ENDED'
                AND (n.member_id, n.subject_id) IN ((l.patient_id, l.relative_id), (l.relative_id, l.patient_id)))
    """,
)


def upgrade() -> None:
    op.execute(OPEN_FLAGS)
    create()
    for statement in OVER:
        op.execute(statement)
