"""The workloads, the goals for each, and the requests of which it consists."""

from dataclasses import dataclass
from pathlib import Path

OPERATIONS = Path(__file__).parent / "operations"


@dataclass(frozen=True)
class Case:
    """One request of a workload: who sends it, and the value that it is about."""

    token: str
    member: str | None  # the caller's id, for servers that do not authenticate
    value: str | None  # a slug or an id


@dataclass(frozen=True)
class Workload:
    """A read that clients send, in the form of each kind of server; `operations/` has a folder of its texts.

    `goal` is a rate in shares of the limit's, `ahead` one in shares of the best peer's.
    """

    name: str
    what: str
    goal: float
    ahead: float = 1.0
    variable: str | None = None  # of the operation, which takes the case's value
    prefix: str = ""  # of the value, in the graph's ids
    limit_takes: tuple[str, ...] = ("member",)  # what the limit's statement binds, in order
    from_memory: bool = False  # whether Cohorte answers it without the statement: decision 0054

    def text(self, name: str) -> str:
        return (OPERATIONS / self.name / name).read_text(encoding="utf-8")

    @property
    def operation(self) -> str:
        return self.text("operation.graphql")

    @property
    def view(self) -> str:
        """The view in which the operation is valid, which its first line names."""
        return self.operation.partition("\n")[0].removeprefix("# ")

    @property
    def postgraphile(self) -> str:
        return self.text("postgraphile.graphql")

    @property
    def limit(self) -> str:
        return self.text("limit.sql")

    @property
    def cases(self) -> str | None:
        """The statement that selects the values, and the accounts if only some may read them; None without values."""
        return self.text("cases.sql") if self.variable else None

    def variables(self, case: Case) -> dict[str, str]:
        return {self.variable: f"{self.prefix}{case.value}"} if self.variable else {}

    def bound(self, case: Case) -> list[str]:
        """The values that the limit's statement binds."""
        return [str(case.member if name == "member" else case.value) for name in self.limit_takes]


WORKLOADS = (
    Workload("tiny", "one row", goal=1.2, variable="slug", limit_takes=("value",), from_memory=True),
    Workload("page", "20 discussions with their last posts", goal=1.0, variable="slug", limit_takes=("value",)),
    Workload("dashboard", "a member's indicators and courses of a year", goal=0.95, ahead=1.5),
    Workload("list", "100 observations, each with its indicator", goal=1.0),
    Workload("series", "a member's curves of a year, by week", goal=0.95),
    Workload(
        "evaluations",
        "20 evaluations with courses and side effects, of members who share them",
        goal=0.95,
        variable="slug",
        limit_takes=("member", "value"),
    ),
    Workload(
        "aggregate",
        "the cells of a published insight",
        goal=1.5,
        variable="id",
        prefix="ins_",
        limit_takes=("value",),
        from_memory=True,
    ),
)
MEMORY_MB = 80  # goal for one process of the server, in PSS
