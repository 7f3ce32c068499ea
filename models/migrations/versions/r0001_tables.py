"""The first tables, with their functions, roles and policies. Their SQL is frozen here, whatever models/ says later."""

from pathlib import Path

from alembic import op

from models.migrations.run import execute

revision = "0001"
down_revision = None

FROZEN = Path(__file__).parent / "r0001"
SCHEMAS = ("catalog", "insight", "care", "research", "identity")  # in this order: a table names only earlier ones


def upgrade() -> None:
    for schema in SCHEMAS:
        op.execute(f"CREATE SCHEMA {schema}")
    for part in ("words", *SCHEMAS, "functions", "roles", "policies"):
        execute(op.get_bind(), (FROZEN / f"{part}.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("the first tables go with the database: drop it")
