"""What may be said: datasets, insights, the ledger, licences. Their SQL is frozen here."""

from pathlib import Path

from alembic import op

from models.migrations.run import execute

revision = "0007"
down_revision = "0006"

FROZEN = Path(__file__).parent / "r0007"


def upgrade() -> None:
    for part in sorted(FROZEN.glob("*.sql")):
        execute(op.get_bind(), part.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore a backup")
