"""What an organization that may pursue anything gives in a request for a licence, beside words and days."""

from models.insight.undertakings import IN_FORCE

AGREED = {"purposeKind": "SCIENTIFIC_RESEARCH", "undertakings": IN_FORCE}
