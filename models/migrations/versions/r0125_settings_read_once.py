"""What policies ask about the viewer's patients and communities reads the viewer once, and not for each row."""

from models.migrations import frozen

revision = "0125"
down_revision = "0124"
compatible_since = "0115"
upgrade, downgrade = frozen.steps(__file__)
