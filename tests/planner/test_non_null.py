"""A non-null field always finds its row: its table has no row policy, or the field is listed here with a reason."""

from collections.abc import Iterator

import pytest
from graphql import GraphQLObjectType, get_named_type, is_list_type, is_non_null_type, is_object_type

from models.security.read_rules import EVERY, SCOPES
from models.viewers import Audience
from planner.declared import Sql
from planner.tables import Tables
from tests.support.client import views

# A statement returns null where the row is hidden, but the schema promises an object.
LEFT = "the transaction that hides a leaving member deletes their links"
SAME_SCOPE = "both rows are of the same member, under the same policy"
NO_DRAFT = "nothing that others than staff read belongs to a draft, the only community that is hidden"
EXCEPTIONS = {
    "Me.account": "the viewer's own account, by its own member",
    "TreatmentEvaluation.course": SAME_SCOPE,
    "Me.member": "whoever has left has no session",
    "CareLink.patient": LEFT,
    "CareLink.relative": LEFT,
    "TreatmentEvaluation.member": "an evaluation is read with its member's profile, which is deleted when they leave",
    "OwnObservation.indicator": SAME_SCOPE,
    "OwnCourse.treatment": SAME_SCOPE,
    "Participation.survey": "a draft, the only survey a member may not read, has no participation",
    "Answer.question": "an answer is given to a survey that the member may read",
    "Membership.community": NO_DRAFT,
    "Discussion.community": NO_DRAFT,
    "Survey.community": NO_DRAFT,
    "Licence.community": NO_DRAFT,
    "Dataset.community": NO_DRAFT,
    "Association.member": "staff read every association",
    "Insight.dataset": "nothing is published of a dataset that is too small, the only one that is hidden",
}
# Moderators alone of staff read either of the two.
OF_MODERATORS = {"Appeal.post", "Post.discussion", "Flag.post", "ReadingAlert.member"}
OF_ADMINISTRATORS = {"StaffChange.staff"}  # who alone read changes, and read all staff


def pointers(audience: Audience) -> Iterator[tuple[str, str]]:
    """Each non-null field of an object type with a table behind it, and the table."""
    view = views()[audience]._schema
    tables = Tables(view)
    for kind in view.type_map.values():
        if not is_object_type(kind) or kind.name not in tables.table_of:
            continue
        for name, field in kind.fields.items():
            source = tables.sources.get((kind.name, name))
            target = get_named_type(field.type)
            single = is_non_null_type(field.type) and not is_list_type(field.type.of_type)
            if type(source) is Sql and single and isinstance(target, GraphQLObjectType):
                table = tables.table_of.get(target.name)
                if table is not None:
                    yield f"{kind.name}.{name}", table.__table__.fullname  # type: ignore[attr-defined]


@pytest.mark.parametrize("audience", list(Audience), ids=lambda audience: audience.view)
def test_a_non_null_object_is_never_hidden_by_a_policy(audience: Audience) -> None:
    hidden = {
        f"{coordinate} -> {table}"
        for coordinate, table in pointers(audience)
        if SCOPES[table].readers.get(audience) != EVERY
        and coordinate not in EXCEPTIONS
        and not (audience is Audience.MANAGER and coordinate in OF_MODERATORS | OF_ADMINISTRATORS)
    }
    mend = "make the field nullable, or say in EXCEPTIONS in tests/planner/test_non_null.py why its row is never hidden"
    assert hidden == set(), mend


def test_each_listed_exception_still_applies() -> None:
    hidden = {
        coordinate
        for audience in Audience
        for coordinate, table in pointers(audience)
        if SCOPES[table].readers.get(audience) != EVERY
    }
    assert EXCEPTIONS.keys() - hidden == set()
