"""A dataset whose variable `pain` has a scale, and what tests of its means ask."""

from typing import Any

from tests.support.client import Caller
from tests.support.ids import key
from tests.support.network import Network
from tests.support.population import KINDS, Crowd, closed, crowd

LEVELS = "ABCDEFGHIJK"  # of `pain`: 0 to 10
PEOPLE = 330
MERGED = [{"variable": "drug", "groups": [{"categories": ["P"]}, {"categories": ["X", "Y"], "label": "Drug"}]}]
READ = """query ($id: ID!, $by: [String!], $where: [CategoryFilter!]) { insight(id: $id) {
  kind countedBy { id } precision marginOfError variable { name } by { name } csv jsonStat cells { count }
  totals(by: $by, where: $where) {
    by { code label } count marginOfError sum sumMarginOfError unknown unknownMarginOfError
  }
  statistics(by: $by, where: $where) { measure by { code } value interval { low high } reliability }
  sliced: cells(by: $by, where: $where) { count }
  reconciled { releases cells { count } statistics { measure value } }
  proof { counts variables { name } } ledgerEntry { line }
} }"""

COUNTED = "{ dataUses(first: 1) { nodes { counted { name } } } }"


async def people_in_pain(network: Network) -> Crowd:
    """A crowd in which drugs lower pain: P by nothing, X by two and Y by four. Every eleventh has no answer."""
    lower = {"P": 0, "X": 2, "Y": 4}
    answers = []
    for n in range(PEOPLE):
        drug = "PXY"[n % 3]
        answers.append({"pain": LEVELS[6 + n % 5 - lower[drug]], "drug": drug})
    made = await crowd(network.database, answers, {"pain": LEVELS, "drug": "PXY"}, offered_to=KINDS[:2])
    await network.database.execute(
        "DELETE FROM research.answer a USING catalog.question q, research.participation p"
        " WHERE q.id = a.question_id AND q.key = 'pain' AND q.survey_id = $1 AND p.answer_sheet_id = a.answer_sheet_id"
        " AND p.member_id = any($2)",
        made.survey, list(made.members[::11]),
    )  # fmt: skip
    return made


async def dataset_of_pain(network: Network, people: Crowd) -> str:
    """The graph's id of their dataset, in which pain has a scale of 0 to 10."""
    made = await closed(network, people)
    await network.database.execute(
        "UPDATE insight.variable SET ordinal = true WHERE dataset_id = $1 AND name = 'pain'", key(made)
    )
    await network.database.execute(
        "UPDATE insight.category c SET value = c.place FROM insight.variable v WHERE c.dataset_id = $1"
        " AND v.dataset_id = $1 AND v.position = c.variable AND v.name = 'pain' AND c.code <> 'UNKNOWN'",
        key(made),
    )
    return made


async def asked(
    network: Network, who: Caller, document: str, dataset: str, variable: str = "pain", *by: str, within: int = 20,
    **given: Any,
) -> Any:  # fmt: skip
    question = {"dataset": dataset, "variable": variable, "by": list(by), "precision": f"WITHIN_{within}"}
    answer = await network.ask(who, document, {"input": question | {"kind": "MEANS"} | given})
    assert "errors" not in answer, answer["errors"]
    [result] = answer["data"].values()
    return result


async def read(network: Network, who: Caller, insight: str, **given: Any) -> Any:
    answer = await network.ask(who, READ, {"id": insight, **given})
    assert "errors" not in answer, answer["errors"]
    return answer["data"]["insight"]


def true_totals(people: Crowd) -> dict[str, tuple[int, int, int]]:
    """Of each drug: members with an answer, the sum of their pain, and members without one."""
    found = {}
    for drug in "PXY":
        there = [(n, one) for n, one in enumerate(people.answers) if one["drug"] == drug]
        known = [LEVELS.index(one["pain"]) for n, one in there if n % 11]
        found[drug] = len(known), sum(known), len(there) - len(known)
    return found
