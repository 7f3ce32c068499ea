"""The table of the outbox: what is sent or delivered after the transaction that caused it has committed."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.columns import Table, choice, key, moment, reference, within
from models.identity.registrations import MailTemplate
from models.identity.webhooks import OrganizationEvent


class OutboxKind(StrEnum):
    """What is done with an entry."""

    MAIL = "MAIL"  # sent to one recipient
    INSIGHT_PUBLISHED = "INSIGHT_PUBLISHED"  # the members of the insight's dataset are notified
    SURVEY_OPENED = "SURVEY_OPENED"  # the members who can answer the survey are invited
    SURVEY_CLOSED = "SURVEY_CLOSED"  # those who answered it or had begun to are notified that it closed early
    EVENT = "EVENT"  # the organizations that it concerns are notified, by webhooks and by mail
    WEBHOOK = "WEBHOOK"  # sent to one webhook


class OutboxEntry(Table, table=True):
    """A mail or an event to send, or news to deliver; its row is deleted once that is done.

    `due_at` is the time of the next attempt. News is delivered to one part of the members after another: `part` is the
    first that is left.
    """

    __table_args__ = within(
        "identity",
        Index(None, "due_at"),
        Index(None, "recipient"),
        Index(None, "delivery_id"),
        CheckConstraint("(kind = 'MAIL') = (num_nonnulls(recipient, letter, locale) = 3)", name="mail"),
        CheckConstraint("(kind IN ('MAIL', 'WEBHOOK')) = (subject_id IS NULL)", name="news"),
        CheckConstraint("(kind = 'EVENT') = (event IS NOT NULL)", name="of_event"),
        CheckConstraint("(kind = 'WEBHOOK') = (delivery_id IS NOT NULL)", name="webhook"),
    )

    id: UUID = key()
    kind: OutboxKind = choice(OutboxKind, "kind")
    subject_id: UUID | None = None  # of news: the insight or the survey; of an event: the insight, licence or dataset
    event: OrganizationEvent | None = choice(OrganizationEvent, "event", default=None, nullable=True)
    delivery_id: UUID | None = reference("insight.webhook_delivery.id", nullable=True)
    part: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    recipient: str | None = None
    letter: MailTemplate | None = choice(MailTemplate, "letter", default=None, nullable=True)
    locale: str | None = None
    code: str | None = None
    about: str | None = None  # a pseudonym, a day, or the name of a community or organization, if the template has one
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    due_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
