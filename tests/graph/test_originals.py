"""Staff read what was written beside its translations, in whichever language they read the rest."""

from typing import Any

import pytest

from models.identity.accounts import StaffRole
from models.languages import Language
from tests import factories
from tests.support.network import Network

NAMES = "name original { language name description } translations { language name description }"
QUERY = f"""
    query ($in: Language!, $condition: ID!, $community: ID!, $treatment: ID!, $indicator: ID!, $survey: ID!)
    @inContext(language: $in) {{
      condition: node(id: $condition) {{ ... on Condition {{ {NAMES} }} }}
      community: node(id: $community) {{ ... on Community {{ {NAMES} }} }}
      treatment: node(id: $treatment) {{ ... on Treatment {{ {NAMES} }} }}
      indicator: node(id: $indicator) {{ ... on Indicator {{
        name original {{ language name unit layNames }} translations {{ language name unit layNames }} }} }}
      survey: node(id: $survey) {{ ... on Survey {{
        title original {{ language title description }} translations {{ language title description }}
        questions {{
          text original {{ language text help }} translations {{ language text help }}
          options {{ label original {{ language label }} translations {{ language label }} }}
        }} }} }}
    }}
"""


async def written(network: Network) -> dict[str, str]:
    """The ids of an entry of each kind and of a survey, in both languages."""
    database = network.database

    def texts(**french: Any) -> dict[str, Any]:
        return {"translations": {"fr": french}}

    condition = await factories.condition(database, name="A gout", **texts(name="Goutte"))
    community = await factories.community(
        database, name="Gout", description="To talk.", **texts(name="Goutte", description="Pour parler.")
    )
    treatment = await factories.treatment(database, name="Tea", **texts(name="Thé"))
    indicator = await factories.indicator(
        database, name="Rest", unit="days", lay_names=["Nap"], scale="QUANTITY",
        **texts(name="Repos", unit="jours", lay_names=["Sieste"]),
    )  # fmt: skip
    survey = await factories.survey(
        database, community_id=community["id"], title="Sleep", description="About sleep.",
        **texts(title="Sommeil", description="Du sommeil."),
    )  # fmt: skip
    question = await factories.question(
        database, survey_id=survey["id"], text="How?", help="Think.", **texts(text="Comment ?", help="Pensez.")
    )
    await factories.question_option(database, question_id=question["id"], label="Well", **texts(label="Bien"))
    rows = {"con": condition, "com": community, "trt": treatment, "ind": indicator, "svy": survey}
    names = ("condition", "community", "treatment", "indicator", "survey")
    return {name: f"{prefix}_{row['id']}" for name, (prefix, row) in zip(names, rows.items(), strict=True)}


def of(english: dict[str, Any], french: dict[str, Any]) -> dict[str, Any]:
    return {"original": {"language": "EN"} | english, "translations": [{"language": "FR"} | french]}


@pytest.mark.parametrize("language", Language)
async def test_originals_are_as_they_were_written_in_every_language(own_network: Network, language: Language) -> None:
    manager = await own_network.staff(StaffRole.CATALOGUE_EDITOR, StaffRole.SURVEY_MANAGER)
    answer = await own_network.ask(manager, QUERY, {"in": language.value, **await written(own_network)})
    assert "errors" not in answer, answer
    english = language is Language.EN

    def entry(name: str, french: str, *descriptions: str | None) -> dict[str, Any]:
        texts = [
            {"name": each, "description": about}
            for each, about in zip((name, french), descriptions or (None, None), strict=True)
        ]
        return {"name": name if english else french, **of(*texts)}

    option = {
        "label": "Well" if english else "Bien",
        **of({"label": "Well"}, {"label": "Bien"}),
    }
    question = {
        "text": "How?" if english else "Comment ?",
        **of({"text": "How?", "help": "Think."}, {"text": "Comment ?", "help": "Pensez."}),
        "options": [option],
    }
    assert answer["data"] == {
        "condition": entry("A gout", "Goutte"),
        "community": entry("Gout", "Goutte", "To talk.", "Pour parler."),
        "treatment": entry("Tea", "Thé"),
        "indicator": {
            "name": "Rest" if english else "Repos",
            **of(
                {"name": "Rest", "unit": "days", "layNames": ["Nap"]},
                {"name": "Repos", "unit": "jours", "layNames": ["Sieste"]},
            ),
        },
        "survey": {
            "title": "Sleep" if english else "Sommeil",
            **of(
                {"title": "Sleep", "description": "About sleep."},
                {"title": "Sommeil", "description": "Du sommeil."},
            ),
            "questions": [question],
        },
    }
