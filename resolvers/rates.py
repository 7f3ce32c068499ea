"""Defines how often a caller may send each kind of mutation. Mutations name their kind, and settings its rates."""

from dataclasses import dataclass, fields, replace

ALL = "all"  # in a setting: every kind
MOST = 1_000_000  # in a rate
LONGEST = 86_400  # seconds


@dataclass(frozen=True)
class Rate:
    """The most mutations of one kind in `seconds`: of one account or organization, and from one IP address.

    Callers who have not signed in have an address alone. All may be sent at once; the allowance fills up evenly.
    """

    caller: int
    address: int
    seconds: int


@dataclass(frozen=True)
class Rates:
    """The rate of each kind of mutation. Those by address leave room for a hospital behind one address."""

    registrations: Rate = Rate(30, 30, 900)
    codes: Rate = Rate(30, 30, 900)  # requests of a code by mail
    passwords: Rate = Rate(60, 300, 900)  # whatever checks or sets a password, which takes long by design
    profile: Rate = Rate(30, 300, 3_600)
    invitations: Rate = Rate(20, 200, 3_600)  # each notifies somebody, or tells whether an address has an account
    flags: Rate = Rate(20, 200, 3_600)  # each is work for a moderator
    posts: Rate = Rate(30, 300, 600)
    reactions: Rate = Rate(120, 1_200, 600)
    diary: Rate = Rate(300, 3_000, 600)
    answers: Rate = Rate(300, 3_000, 600)  # of surveys, which forms save as they are filled in
    exports: Rate = Rate(10, 100, 3_600)
    keys: Rate = Rate(30, 300, 3_600)
    insights: Rate = Rate(120, 1_200, 3_600)
    requests: Rate = Rate(20, 200, 3_600)  # of licences: each is work for staff
    changes: Rate = Rate(120, 1_200, 600)  # the other changes that members and buyers make
    staff: Rate = Rate(600, 6_000, 600)

    def of(self, kind: str) -> Rate:
        rate: Rate = getattr(self, kind)
        return rate


KINDS = tuple(field.name for field in fields(Rates))


@dataclass(frozen=True)
class Unlimited:
    """Declared by a mutation that is not counted, with the reason."""

    reason: str


def rates_of(text: str) -> Rates:
    """The rates of a text such as `posts=30/300/600`: by caller, by address, in seconds; commas separate several.

    A kind that is not named has its default, and `all` names every kind; later entries prevail. Raises ValueError.
    """
    changed: dict[str, Rate] = {}
    for entry in text.split(","):
        kind, _, numbers = entry.strip().partition("=")
        if kind != ALL and kind not in KINDS:
            raise ValueError
        caller, address, seconds = (int(number) for number in numbers.split("/"))
        if min(caller, address, seconds) < 1 or max(caller, address) > MOST or seconds > LONGEST:
            raise ValueError
        changed |= dict.fromkeys(KINDS if kind == ALL else (kind,), Rate(caller, address, seconds))
    return replace(Rates(), **changed)
