"""A form that shows the questions of a survey by the rules in the graph, as docs/branching.md describes them.

It shares no code with the server.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

Question = Mapping[str, Any]  # with the graph's fields `key`, `kind` and `visibleWhen`
Answers = Mapping[str, Sequence[str]]  # by key: the chosen codes, or one number, day or text


def shown_by_form(questions: Sequence[Question], answers: Answers) -> list[str]:
    """The keys of the questions that are shown, in order, given answers that would be accepted."""
    kinds = {question["key"]: question["kind"] for question in questions}
    hidden: set[str] = set()
    while True:
        counting = {key: values for key, values in answers.items() if key not in hidden and any(map(str.strip, values))}
        now = {
            question["key"]
            for question in questions
            if not all(rule_holds(rule, kinds[rule["question"]], counting) for rule in question["visibleWhen"])
        }
        if now == hidden:  # as rules form no cycle, this takes at most one pass for each question
            return [question["key"] for question in questions if question["key"] not in hidden]
        hidden = now


def rule_holds(rule: Mapping[str, Any], kind: str, counting: Answers) -> bool:
    operator, given = rule["operator"], [comparable(kind, each) for each in counting.get(rule["question"], [])]
    values = [comparable(kind, each) for each in rule["values"]]
    if operator == "NOT_EQUALS":
        return values[0] not in given
    if not given:
        return False
    if operator == "ANSWERED":
        return True
    if operator in ("EQUALS", "IN"):
        return bool(set(given) & set(values))
    return bool(given[0] > values[0] if operator == "GREATER_THAN" else given[0] < values[0])


def comparable(kind: str, text: str) -> Any:
    if kind in ("SCALE", "NUMBER"):
        return float(text)
    return date.fromisoformat(text) if kind == "DATE" else text
