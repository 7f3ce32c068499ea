"""Refusals of mutations: codes for programs, and messages for people."""

from typing import TypeAlias

import strawberry
from graphql import GraphQLError

from models.languages import Language
from models.messages import message
from models.viewers import Viewer
from planner.declare import graph_enum, graph_type
from resolvers.transactions import Forbidden, Refusal, RefusalCode, Refused
from schema.access import PUBLIC
from schema.inputs import graph_path

UserErrorCode: TypeAlias = RefusalCode
graph_enum(UserErrorCode, name="UserErrorCode")


@graph_type(audience=PUBLIC)
class UserError:
    """One reason why a mutation was refused. All reasons are reported at once, and nothing is changed."""

    code: UserErrorCode = strawberry.field(description="Code for programs to branch on.")
    message: str = strawberry.field(description="Message for people to read.")
    path: list[str] = strawberry.field(
        description="Path to the value that was refused: `input`, then names of fields and zero-based positions in "
        "lists."
    )


def user_error(refusal: Refusal, language: Language) -> UserError:
    rendered = refusal.message.in_language(language)
    return UserError(code=refusal.code, message=rendered, path=graph_path(refusal.path))


def refusal_error(refused: Refused, language: Language) -> GraphQLError:
    errors = [user_error(each, language) for each in refused.refusals]
    every = [{"code": each.code.value, "message": each.message, "path": each.path} for each in errors]
    first = errors[0]
    facts = {"code": first.code.value, "argument": first.path, "userErrors": every}
    return GraphQLError(first.message, extensions=facts)


def ended(language: Language) -> GraphQLError:
    """UNAUTHENTICATED as an error of a mutation after one that has ended the viewer's session, or opened another."""
    reason = message(
        "An earlier mutation of this document has ended your session or opened another one. This one was not carried "
        "out: send it in a request of its own."
    )
    return GraphQLError(reason.in_language(language), extensions={"code": "UNAUTHENTICATED"})


def forbidden_error(forbidden: Forbidden, viewer: Viewer, language: Language) -> GraphQLError:
    """FORBIDDEN as an error of the field, with what would help: a role, or a user in place of a key."""
    extensions = {"code": "FORBIDDEN"}
    if viewer.api_key is not None:
        reason = message("API keys cannot do this: sign in as a user of the organization.")
    elif forbidden.role is None or (viewer.staff is None and viewer.organization is None):
        reason = message("You may not do this.")
    else:
        reason = message("This requires the role {role}. An administrator can give it to you.", role=forbidden.role)
        extensions["role"] = forbidden.role.value
    return GraphQLError(reason.in_language(language), extensions=extensions)
