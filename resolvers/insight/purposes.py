"""Purposes of Cohorte's own uses of datasets: as the ledger has them, in English, and as readers see them."""

import json
from functools import cache

from sqlalchemy import Text, case, cast, func, literal
from sqlalchemy.dialects.postgresql import JSONB

from models.languages import DEFAULT, Language
from models.messages import message
from models.rows import Expression, ViewerIds

NETWORK_COUNTS = message("Counts of the network")
COMMUNITY_COUNTS = message("Counts of the community")
SURVEY_PROGRESS = message("Progress of a survey")
SURVEY_OPENING = message("Opening of a survey")
DATASET_SIZE = message("Size of the dataset")
PARTICIPANTS_TABLES = message("Participants' tables")
OWN_RESEARCH = message("Cohorte's own research")
LOST_RESULTS = message("Results that were lost: the rest of the budget is charged, and nothing is published for it")
OWN_PURPOSES = (
    NETWORK_COUNTS, COMMUNITY_COUNTS, SURVEY_PROGRESS, SURVEY_OPENING, DATASET_SIZE, PARTICIPANTS_TABLES,
    OWN_RESEARCH, LOST_RESULTS,
)  # fmt: skip


def purpose_shown(purpose: Expression, organization: Expression, viewer: ViewerIds) -> Expression:
    """A purpose in the viewer's language if it is Cohorte's own; organizations' are as they wrote them."""
    words = cast(literal(_translations(), Text), JSONB)[viewer.language].op("->>")(purpose)
    return case((organization.is_(None), func.coalesce(words, purpose)), else_=purpose)


@cache
def _translations() -> str:
    """The purposes in other languages than English, by the language's tag and the English text, as JSON."""
    return json.dumps(
        {
            language.tag: {str(purpose): purpose.in_language(language) for purpose in OWN_PURPOSES}
            for language in Language
            if language is not DEFAULT
        },
        ensure_ascii=False,
        sort_keys=True,
    )
