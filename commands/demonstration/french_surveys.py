"""Data: the French texts of the demonstration's surveys, which `questionnaires` has in English.

{c} stands for the condition with its article, such as `la migraine`, and {of_c} for `de la migraine`.
"""

from dataclasses import dataclass, field

OUI_NON = {"YES": "Oui", "NO": "Non"}


@dataclass(frozen=True)
class FrenchQuestion:
    """A question's text and help, and the labels of its options by code."""

    text: str
    help: str | None = None
    labels: dict[str, str] = field(default_factory=dict)


# By the English title and the question's key.
FRENCH_TITLES = {
    "Living with {c}": ("Vivre avec {c}", "Une année avec {c} : le quotidien, le travail et l'aide à la maison. Dix minutes, sans donner de nom."),
    "Treatments for {c}": ("Les traitements {of_c}", "Comment vous prenez vos traitements, ce qu'ils font et ce qu'ils vous coûtent. Huit minutes."),
}  # fmt: skip
FRENCH_QUESTIONS = {
    "Living with {c}": {
        "year_of_diagnosis": FrenchQuestion("En quelle année le diagnostic {of_c} a-t-il été posé ?", "L'année suffit."),
        "burden": FrenchQuestion(
            "Au cours des quatre dernières semaines, quel a été le poids {of_c} sur vos journées ?",
            "0 : pas du tout ; 10 : plus que vous ne pouvez supporter.",
        ),
        "symptoms": FrenchQuestion(
            "Parmi ces symptômes, lesquels vous gênent le plus ?", "Choisissez-en trois au plus."
        ),
        "work": FrenchQuestion("Travaillez-vous actuellement ?", labels={
            "FULL_TIME": "À temps plein", "PART_TIME": "À temps partiel", "SICK_LEAVE": "En arrêt maladie",
            "NONE": "Pas en ce moment", "RETIRED": "À la retraite"}),
        "hours": FrenchQuestion("Votre temps de travail a-t-il changé à cause {of_c} ?", labels=OUI_NON),
        "helper": FrenchQuestion("Quelqu'un vous aide-t-il à la maison ?", labels=OUI_NON),
        "help_kinds": FrenchQuestion("Pour quoi ?", labels={
            "HOUSE": "Le ménage", "SHOPPING": "Les courses", "BODY": "La toilette et l'habillage",
            "PAPERS": "Les papiers", "TRANSPORT": "Les déplacements"}),
        "last_visit": FrenchQuestion("Quand avez-vous vu un spécialiste {of_c} pour la dernière fois ?"),
        "visit_kind": FrenchQuestion("Était-ce une consultation en personne ?", labels=OUI_NON),
        "wish": FrenchQuestion(
            "Qu'est-ce qui vous aiderait le plus dans l'année à venir ?", "Avec vos propres mots, sans donner de nom."
        ),
    },
    "Treatments for {c}": {
        "treated": FrenchQuestion("Suivez-vous actuellement un traitement contre {c} ?", labels=OUI_NON),
        "satisfaction": FrenchQuestion("Quel est votre degré de satisfaction ?"),
        "missed": FrenchQuestion("Combien de prises avez-vous manquées au cours des quatre dernières semaines ?"),
        "missed_why": FrenchQuestion("Quelle en était la raison principale ?", labels={
            "FORGOT": "J'ai oublié", "EFFECTS": "Les effets indésirables", "OUT": "La pharmacie n'en avait plus",
            "WELL": "Je me sentais bien", "OTHER": "Une autre raison"}),
        "disappointed": FrenchQuestion("Qu'est-ce qui vous déçoit ?", labels={
            "EFFECT": "Il n'agit pas assez", "EFFECTS": "Les effets indésirables", "BOTHER": "Il est contraignant",
            "COST": "Ce que je paie de ma poche"}),
        "untreated": FrenchQuestion("Depuis quand êtes-vous sans traitement ?"),
        "informed": FrenchQuestion("Comment jugez-vous les informations que vous avez sur vos traitements ?"),
        "symptoms": FrenchQuestion("Parmi ces symptômes, lesquels un traitement devrait-il soulager en premier ?"),
        "comment": FrenchQuestion("Y a-t-il une question que nous aurions dû poser ?"),
    },
}  # fmt: skip
