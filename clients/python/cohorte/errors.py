"""The exceptions that the clients raise. Each has the server's own codes, messages and paths."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cohorte.graph.fragments import PlanQuoteFields, QuoteFields


class CohorteError(Exception):
    """Base of all exceptions of this package."""


class Unreachable(CohorteError):
    """No response, or none of a Cohorte server, after all attempts."""


class VerificationFailed(CohorteError):
    """A table or the public ledger is not what the ledger commits to."""


@dataclass(frozen=True)
class Fault:
    """One error of a response: a code to branch on, a message for people, and the path of what is at fault."""

    code: str
    message: str
    path: tuple[str, ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict)

    @property
    def question(self) -> int | None:
        """The place in the plan, from 0, of the question at fault; None if it is no question of a plan."""
        if self.path[:2] == ("input", "questions") and len(self.path) > 2 and _is_place(self.path[2]):
            return int(self.path[2])
        return None


class Failed(CohorteError):
    """The server answered with errors. `code`, `path` and the message are those of the first one of `faults`."""

    def __init__(
        self,
        faults: Sequence[Fault],
        *,
        status: int = 200,
        retry_after: float | None = None,
        quote: QuoteFields | None = None,
        plan_quote: PlanQuoteFields | None = None,
    ) -> None:
        self.faults = tuple(faults)
        self.status = status
        self.retry_after = retry_after
        self.quote = quote
        self.plan_quote = plan_quote
        super().__init__("; ".join(map(_text, self.faults)))

    @property
    def code(self) -> str:
        return self.faults[0].code

    @property
    def path(self) -> tuple[str, ...]:
        return self.faults[0].path

    @property
    def by_question(self) -> dict[int, list[Fault]]:
        """For each question of a plan that is at fault, by its place from 0, what is wrong with it."""
        found: dict[int, list[Fault]] = {}
        for fault in self.faults:
            if fault.question is not None:
                found.setdefault(fault.question, []).append(fault)
        return found


class Unauthenticated(Failed):
    """The API key is missing, unknown, revoked or expired."""


class Forbidden(Failed):
    """The key's organization may not do this."""


class LimitExceeded(Failed):
    """Too many or too costly requests. `retry_after` is in seconds, if waiting helps."""


class InvalidRequest(Failed):
    """The server does not know what this version of the package sends, or a value has the wrong type."""


class ServerFault(Failed):
    """The server could not answer. A mutation can be repeated with the same key."""


class Refused(Failed):
    """A question was refused, and nothing was charged."""


class NotFound(Refused):
    """What was named does not exist, or the organization may not see it."""


class Invalid(Refused):
    """A value is not accepted."""


class BudgetExhausted(Refused):
    """The remaining privacy budget or quota does not cover the cost. `quote` says what is still affordable.

    For a plan, `plan_quote` has the price of each question.
    """


class LicenceRequired(Refused):
    """The organization has no licence that covers the dataset today."""


class NotEligible(Refused):
    """The dataset is not offered to organizations of this kind."""


class Conflict(Refused):
    """The key was used with another input within a day."""


_KINDS: Mapping[str, type[Failed]] = {
    "UNAUTHENTICATED": Unauthenticated,
    "FORBIDDEN": Forbidden,
    "LIMIT_EXCEEDED": LimitExceeded,
    "BAD_USER_INPUT": InvalidRequest,
    "GRAPHQL_PARSE_FAILED": InvalidRequest,
    "GRAPHQL_VALIDATION_FAILED": InvalidRequest,
    "QUERY_NOT_IN_SAFELIST": InvalidRequest,
    "INTERNAL_SERVER_ERROR": ServerFault,
    "OUTCOME_UNKNOWN": ServerFault,
    "NOT_FOUND": NotFound,
    "INVALID": Invalid,
    "BUDGET_EXHAUSTED": BudgetExhausted,
    "LICENCE_REQUIRED": LicenceRequired,
    "NOT_ELIGIBLE": NotEligible,
    "CONFLICT": Conflict,
}


def failure(
    faults: Sequence[Fault],
    *,
    status: int = 200,
    retry_after: float | None = None,
    quote: QuoteFields | None = None,
    plan_quote: PlanQuoteFields | None = None,
    otherwise: type[Failed] = Failed,
) -> Failed:
    """The exception of these faults, of the class that the first one's code has, or else of `otherwise`."""
    kind = _KINDS.get(faults[0].code, otherwise)
    return kind(faults, status=status, retry_after=retry_after, quote=quote, plan_quote=plan_quote)


def not_found(what: str, argument: str) -> NotFound:
    return NotFound([Fault("NOT_FOUND", f"There is no such {what}, or it is not visible to you.", (argument,))])


def _text(fault: Fault) -> str:
    steps = [f"[{step}]" if _is_place(step) else f".{step}" for step in fault.path]
    place = f" at {''.join(steps).removeprefix('.')}" if fault.path else ""
    return f"{fault.message} ({fault.code}{place})"


def _is_place(step: str) -> bool:
    return step.isascii() and step.isdigit()
