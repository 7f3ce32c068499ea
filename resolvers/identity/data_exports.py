"""Makes the kinds of data in a member's export from the tables with their rows."""

from collections.abc import Mapping

from sqlalchemy import Column, Table, types

from models.metadata import metadata
from resolvers.exporting import (
    TEXT,
    ExportColumn,
    ExportKind,
    GraphNames,
    as_json,
    camel,
    nullable,
    schema_of,
    translated,
)
from resolvers.identity.personal_data import MEMBER_TABLES, MemberTable

# The words that stand beside the id of a row of another table.
NAMES: Mapping[str, str] = {
    "care.discussion": "title",
    "care.member": "pseudonym",
    "care.own_indicator": "name",
    "care.own_treatment": "name",
    "catalog.community": "name",
    "catalog.condition": "name",
    "catalog.indicator": "name",
    "catalog.question": "text",
    "catalog.survey": "title",
    "catalog.treatment": "name",
    "insight.dataset": "title",
}
# What columns mean of which the graph says nothing, by their full name, or by their name in any table.
ABOUT = {
    "created_at": "When it was created.",
    "care.diagnosis.diagnosed_in": "The year of the diagnosis.",
    "care.discussion_topic.position": "Its position among the topics of the discussion.",
    "care.flag.note": "The member's explanation. Null if they gave none.",
    "care.flag.reason": "The member's reason.",
    "care.pin.created_at": "When it was pinned.",
    "care.post_reaction.reaction": "The member's reaction.",
    "care.profile.sharing": "With whom the member shares their profile, communities, courses and observations.",
    "care.removal.created_at": "When the post was removed.",
    "care.removal.reason": "The moderator's reason.",
    "care.removed_text.body": "What the post said before it was removed.",
    "care.appeal.removed_at": "When the post was removed.",
    "care.side_effect.serious": "Whether it was serious.",
    "care.side_effect.severity": "How severe it was.",
    "care.suspension.created_at": "When it began.",
    "care.suspension.reason": "The moderator's reason.",
    "care.suspension.until": "When it ends. Null if it has no end.",
    "catalog.association.community_ids": "Communities in which visitors find it.",
    "identity.account.notice_version": "Version of the privacy notice that the member accepted at registration.",
    "identity.account.terms_accepted_at": "When the member accepted them. Null if they have accepted none.",
    "identity.account.terms_version": "Version of the terms of use that the member accepted last. Null if none.",
    "identity.account.renamed_at": "When the member last changed their pseudonym.",
    "identity.account.password_reset_at": "When the account's password was first replaced with a code from a mail.",
    "identity.account.signed_in_on": "The day of their latest sign-in, by UTC. At first, the day of the account.",
    "identity.account.sleep_notified_on": "The day of the mail that the account sleeps. Null if it does not.",
    "identity.account.sleep_reminded_on": "The day of the second such mail. Null if there was none.",
    "identity.session.expires_at": "When it ends by itself.",
    "research.counted_member.counted_since": "When the counts began to include the member.",
    "research.counted_membership.counted_since": "When the counts began to include the member.",
    "research.counted_membership.openings": "Positions in the public ledger of openings of surveys that began before "
    "counted_since and included the member afterwards.",
    "research.counted_membership.left_at": "When the member left the community. Null if they have not.",
    "research.enrolment.enrolled_at": "When the member was enrolled.",
    "research.enrolment.purpose": "The purpose of the consent on which it is based.",
    "research.enrolment.reserved_micro_rho": "Part of the member's allowance that is reserved for it, in micro-rho.",
    "research.participation.begun": "Whether the member has begun to answer, and did not withdraw.",
    "research.enrolment.withdrawn_at": "When the member withdrew. Null if they have not.",
}
SAME = {"research.consent_change": "research.consent"}  # a table whose columns mean what those of another do


def member_kinds(names: GraphNames) -> tuple[ExportKind, ...]:
    """A kind for each table of MEMBER_TABLES, in their order."""
    tables = {table.fullname: table for table in metadata.tables.values()}
    return tuple(_kind(tables[name], own, names) for name, own in MEMBER_TABLES.items())


def _kind(table: Table, own: MemberTable, names: GraphNames) -> ExportKind:
    values: list[tuple[str, ExportColumn]] = []
    joins = []
    for name in own.exported:
        column = table.columns[name]
        target = _target(column)
        values.append((_value(column, target, names), _described(column, target, names)))
        if target is not None and target in NAMES and column.foreign_keys:
            what = name.removesuffix("_id")
            joins.append(f"LEFT JOIN {target} of_{what} ON of_{what}.id = t.{name}")
            about = f"{NAMES[target].capitalize()} of the {what.replace('_', ' ')}."
            values.append((_words(target, f"of_{what}"), ExportColumn(camel(what), about, nullable(TEXT))))
    for name, derived in own.derived.items():
        values.append((derived.sql, ExportColumn(camel(name), derived.about, nullable(derived.schema))))
    needed = dict.fromkeys((*own.exported, *(c for c in own.left_out if own.derived and c != "search"), *_order(table)))
    # Within a subquery, since the condition's columns have no qualifier. Its columns are named: one may be secret.
    listed = (
        f"SELECT {_list(values)} FROM"  # noqa: S608 - names of the models alone
        f" (SELECT {', '.join(needed)} FROM {table.fullname} WHERE {own.condition}) t"
        f" {' '.join(joins)} ORDER BY {', '.join(f't.{each}' for each in _order(table))}"
    )
    return ExportKind(own.kind, own.about, tuple(column for _, column in values), as_json(listed))


def _words(table: str, row: str) -> str:
    """SQL of the words of a row of the table, in the member's language if it has translations."""
    name = NAMES[table]
    return translated(row, name) if "translations" in metadata.tables[table].columns else f"{row}.{name}"


def _list(values: list[tuple[str, ExportColumn]]) -> str:
    return ", ".join(f'{sql} AS "{column.name}"' for sql, column in values)


def _order(table: Table) -> tuple[str, ...]:
    """The first day or time of a row, and its key."""
    times = (each.name for each in table.columns if isinstance(each.type, types.Date | types.DateTime))
    first = next(times, None)
    keys = [each.name for each in table.primary_key]
    return tuple(dict.fromkeys(([first] if first else []) + keys))


def _target(column: "Column[object]") -> str | None:
    """The table whose rows' ids the column holds, if any: its own, or else the one that it references."""
    if column.name == "id":
        return column.table.fullname
    return next((key.column.table.fullname for key in column.foreign_keys), None)


def _value(column: "Column[object]", target: str | None, names: GraphNames) -> str:
    return f"t.{column.name}" if target is None else names.id(target, f"t.{column.name}")


def _described(column: "Column[object]", target: str | None, names: GraphNames) -> ExportColumn:
    schema = schema_of(column.type) if target is None else names.id_schema(target)
    table = SAME.get(column.table.fullname, column.table.fullname)
    full = f"{table}.{column.name}"
    of_target = None if target is None else f"Id of the {target.rpartition('.')[2].replace('_', ' ')}."
    about = ABOUT.get(full) or names.descriptions.get(full) or of_target or ABOUT.get(column.name, "")
    return ExportColumn(camel(column.name), about, nullable(schema) if column.nullable else schema)
