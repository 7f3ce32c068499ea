"""Mutations of consents."""

from resolvers.research import consents_mutations as consents
from resolvers.research import surveys as resolve
from schema.access import PATIENT
from schema.mutations import Options, mutation, mutations, shown
from schema.research.surveys import Consent


@mutations
class ConsentMutations:
    consent_set = mutation(
        consents.set_consent,
        "Grant or withdraw consent to a use of the viewer's answers or tracking, with immediate effect.",
        only=PATIENT,
        rate="answers",
        shows={"consent": shown(Consent, resolve.consent_made)},
        options=Options(read_by="purpose"),
        purpose="The purpose.",
        granted="Whether consent is granted. Withdrawing it deletes the answers to open surveys immediately.",
        recipients="The kinds of organization that the consent covers, at least one. If omitted, the earlier ones "
        "are kept.",
        notice_version="The version of the notice that the viewer was shown.",
        notice_language="The language in which the viewer was shown the notice.",
    )
