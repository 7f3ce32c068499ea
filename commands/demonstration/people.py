"""Generates the demonstration's members: profiles, join dates, communities and accounts."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from commands.demonstration.catalogue import Catalogue, Community
from commands.demonstration.chance import Chance, shares
from commands.demonstration.french_catalogue import condition_name, in_sentence
from commands.demonstration.texts import Network, in_running_text, slug
from models.appearance import looks
from models.identity import accounts, members, registrations
from models.identity.associations import Association
from models.identity.members import MemberKind, MembershipRole, Sex, Sharing

MEMBERS = 18_000  # at scale 1, including the trials' patients
HISTORY_DAYS = 2_190
ASSOCIATIONS = 40
RELATIVES = {"alzheimer-disease": 0.7, "huntington-disease": 0.35, "cystic-fibrosis": 0.35, "parkinson-disease": 0.22,
             "amyotrophic-lateral-sclerosis": 0.35, "adhd": 0.25}  # fmt: skip
USUAL_RELATIVES = 0.085
REGIONS = (
    ("Île-de-France", 18), ("Auvergne-Rhône-Alpes", 12), ("Nouvelle-Aquitaine", 9), ("Occitanie", 9), ("Hauts-de-France", 9),
    ("Provence-Alpes-Côte d'Azur", 8), ("Grand Est", 8), ("Pays de la Loire", 6), ("Bretagne", 5), ("Normandie", 5),
    ("Bourgogne-Franche-Comté", 4), ("Centre-Val de Loire", 4), ("La Réunion", 1.3), ("Corse", 0.5), ("Guadeloupe", 0.6),
    ("Martinique", 0.5),
)  # fmt: skip
ONSETS = (
    "b",
    "c",
    "d",
    "f",
    "g",
    "j",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "z",
    "br",
    "cl",
    "dr",
    "fl",
    "gr",
    "pl",
    "tr",
    "ch",
    "th",
)
VOWELS = ("a", "e", "i", "o", "u", "a", "e", "i", "o", "ou", "ai", "ia", "eo")
ENDINGS = ("", "", "", "n", "l", "s", "r", "lle", "nne", "tte", "x")
ABOUT = {  # English introductions with their French
    "Diagnosed in {year}. I read more than I write.": "Diagnostic posé en {year}. Je lis plus que je n'écris.",
    "Living with {c} since {year}, with ups and downs.": "Je vis avec {c} depuis {year}, avec des hauts et des bas.",
    "I know the waiting rooms of three hospitals.": "Je connais les salles d'attente de trois hôpitaux.",
    "With {c} since {year}, one day after the other.": "Avec {c} depuis {year} ; j'avance un jour après l'autre.",
    "Here to compare treatments and cheer others on.": "Ici pour comparer les traitements et encourager les autres.",
    "Here to share, to learn, and to laugh a little.": "Ici pour partager, apprendre, et rire un peu quand même.",
    "Two children, a garden, and {c} since {year}.": "Deux enfants, un jardin, et {c} depuis {year}.",
    "I like walks, music and people who reply.": "J'aime la marche, la musique et les gens qui répondent.",
}
FOUNDED = ("{name} Ensemble", "{name} Solidarité", "Alliance {name}", "{name} et Compagnie", "{name} Entraide")


@dataclass
class Person:
    """A member, with what the other modules need to know about them; a typical member's `activity` is 1."""

    id: UUID
    pseudonym: str
    kind: MemberKind
    joined_on: date
    communities: list[Community]
    sex: Sex = Sex.UNKNOWN
    birth_year: int | None = None
    region: str | None = None
    sharing: Sharing = Sharing.MY_COMMUNITIES
    verified: bool = False
    about: str | None = None
    about_in_english: str | None = None  # of an association, whose page has both
    activity: float = 1.0
    french: bool = True
    trial: bool = False
    sign_in: str | None = None  # the local part of a demonstration account's e-mail address
    consents: bool = False  # to taking part in surveys
    recipients: tuple[str, ...] = ()  # the kinds of organization that the consent extends to
    diagnosed: dict[UUID, int] = field(default_factory=dict)  # the stated year of diagnosis, by community

    @property
    def community(self) -> Community:
        """The member's main community."""
        return self.communities[0]

    @property
    def patient(self) -> bool:
        return self.kind is MemberKind.PATIENT


def people(seed: int, known: Catalogue, today: date, count: int) -> list[Person]:
    """`count` members, the demonstration accounts first; the trials' patients are generated elsewhere."""
    chance = Chance(seed, "people")
    open_to_all = [
        community for community in known.communities if community.slug not in ("rheumatoid-arthritis", "epilepsy")
    ]
    weights = [chance.uniform(0.7, 1.3) / (community.rank + 4) ** 0.95 for community in open_to_all]
    spare = max(count - 3 * len(open_to_all), 0)
    sizes = [min(3, count // len(open_to_all)) + more for more in shares(spare, weights)]
    taken: set[str] = set()
    made = demonstration_accounts(chance, known, today, taken)
    made += associations(chance, open_to_all, today, max(3, round(ASSOCIATIONS * count / MEMBERS)), taken)
    homes = [home for community, size in zip(open_to_all, sizes, strict=True) for home in [community] * size]
    chance.shuffle(homes)
    for number, home in enumerate(homes[: count - len(made)]):
        made.append(random_member(Chance(seed, "person", number), home, open_to_all, weights, today, taken))
    return made


def demonstration_accounts(chance: Chance, known: Catalogue, today: date, taken: set[str]) -> list[Person]:
    """The members as whom anyone may sign in to the demonstration."""
    sclerosis = known.community("multiple-sclerosis")
    joined = today - timedelta(days=900)
    taken |= {"camille", "dominique", "sep ensemble"}
    return [
        Person(chance.id(), "Camille", MemberKind.PATIENT, joined, [sclerosis, known.community("migraine")], Sex.FEMALE,
               today.year - 41, "Île-de-France", Sharing.MY_COMMUNITIES, sign_in="patient", activity=9.0, consents=True,
               diagnosed={sclerosis.id: today.year - 7},
               about="Sclérose en plaques depuis sept ans. Je note tout : cela m'aide à y voir clair."),
        Person(chance.id(), "Dominique", MemberKind.RELATIVE, joined + timedelta(days=40), [sclerosis], Sex.MALE,
               today.year - 44, "Île-de-France", Sharing.ALL_MEMBERS, sign_in="relative", activity=3.0, consents=True,
               about="Conjoint de Camille. J'aide à tenir le carnet les mauvais jours."),
        Person(chance.id(), "SEP Ensemble", MemberKind.ASSOCIATION, joined - timedelta(days=500), [sclerosis],
               region="Île-de-France", sharing=Sharing.ALL_MEMBERS, sign_in="association", activity=4.0, verified=True,
               about="Association de personnes atteintes de sclérose en plaques et de leurs proches.",
               about_in_english="Association of people with multiple sclerosis and of those close to them."),
    ]  # fmt: skip


def associations(chance: Chance, homes: list[Community], today: date, count: int, taken: set[str]) -> list[Person]:
    made = []
    for number in range(count - 1):
        home = homes[number % len(homes)]
        pseudonym = FOUNDED[(number + number // len(homes)) % len(FOUNDED)].format(name=condition_name(home.slug))
        if pseudonym.lower() in taken:
            continue
        taken.add(pseudonym.lower())
        made.append(
            Person(chance.id(), pseudonym, MemberKind.ASSOCIATION, today - timedelta(days=chance.randint(200, HISTORY_DAYS)), [home],
                   region=region(chance), sharing=Sharing.ALL_MEMBERS, activity=chance.uniform(1, 5), verified=chance.often(0.6),
                   about=in_sentence("Association autour {of_c}, animée par des bénévoles.", home.slug),
                   about_in_english=f"Association for people with {in_running_text(home.disease.name)}, run by volunteers.")
        )  # fmt: skip
    return made


def random_member(
    chance: Chance, home: Community, homes: list[Community], weights: list[float], today: date, taken: set[str]
) -> Person:
    disease = home.disease
    relative = chance.often(RELATIVES.get(home.slug, USUAL_RELATIVES))
    joined = today - timedelta(days=1 + int((HISTORY_DAYS - 1) * chance.random() ** 1.5))
    female = 0.66 if relative else disease.female
    sex = (
        chance.one((Sex.FEMALE, Sex.MALE), (female, 1 - female))
        if chance.often(0.96)
        else chance.one((Sex.OTHER, Sex.UNKNOWN))
    )
    if disease.female in (0.0, 1.0) and not relative:
        sex = Sex.FEMALE if disease.female else Sex.MALE
    age = min(max(round(chance.gauss(49 if relative else disease.age, 12)), 18), 94)
    since = diagnosis_year(chance, joined, today.year - age)
    communities = [home]
    if chance.often(0.14):
        communities += [other for other in set_of(chance, homes, weights, 1 + chance.often(0.2)) if other is not home]
    made = Person(
        id=chance.id(),
        pseudonym=pseudonym(chance, taken),
        kind=MemberKind.RELATIVE if relative else MemberKind.PATIENT,
        joined_on=joined,
        communities=communities,
        sex=sex,
        birth_year=today.year - age if chance.often(0.93) else None,
        region=region(chance) if chance.often(0.85) else None,
        sharing=chance.one(tuple(Sharing), (0.35, 0.45, 0.2)),
        about=chance.one(tuple(ABOUT)) if chance.often(0.3) else None,
        activity=min(chance.lognormvariate(0, 1.1), 12),
        french=chance.often(0.68),
        consents=chance.often(0.62),
        diagnosed={}
        if relative
        else {
            community.id: since if community is home else diagnosis_year(chance, joined, today.year - age)
            for community in communities
            if chance.often(0.85)
        },
    )
    if made.about is not None:
        made.about = introduction(made.about, made, since)
    return made


def introduction(text: str, member: Person, year: int) -> str:
    """An introduction in the member's language, with their condition as it is written in a sentence."""
    disease = member.community.disease
    if member.french:
        return in_sentence(ABOUT[text].replace("{year}", str(year)), member.community.slug)
    return text.format(c=in_running_text(disease.name), year=year)


def diagnosis_year(chance: Chance, joined: date, born: int) -> int:
    """Some years before joining, usually few, and not before the second year of life."""
    return max(joined.year - int(chance.expovariate(1 / 7)), born + 1)


def set_of(chance: Chance, homes: list[Community], weights: list[float], count: int) -> list[Community]:
    return list(dict.fromkeys(chance.choices(homes, weights, k=count)))


def region(chance: Chance) -> str:
    return chance.one([name for name, _ in REGIONS], [weight for _, weight in REGIONS])


def pseudonym(chance: Chance, taken: set[str]) -> str:
    """A pronounceable made-up name that is not `taken`: two or three syllables, sometimes with a number."""
    while True:
        word = "".join(chance.one(ONSETS) + chance.one(VOWELS) for _ in range(chance.randint(2, 3))) + chance.one(
            ENDINGS
        )
        made = word.capitalize()
        if chance.often(0.35):
            made += str(chance.randint(1, 99))
        if made.lower() not in taken:
            taken.add(made.lower())
            return made


def at(chance: Chance, day: date) -> datetime:
    """A moment of that day in waking hours."""
    return datetime.combine(day, time(chance.randint(6, 22), chance.randint(0, 59), chance.randint(0, 59)), UTC)


def write_page(network: Network, person: Person) -> None:
    """Writes an association's page, with addresses that lead nowhere."""
    site = slug(person.pseudonym)
    network.add(Association, member_id=person.id, full_name=f"Association {person.pseudonym}",
                website=f"https://{site}.example", email=f"contact@{site}.example", phone="+33 1 99 00 00 00",
                description=person.about,
                translations=json.dumps({"fr": {"description": person.about}, "en": {"description": person.about_in_english}}),
                community_ids=sorted(community.id for community in person.communities) if person.verified else [])  # fmt: skip


def write_people(seed: int, network: Network, everyone: list[Person]) -> None:
    """Writes members, profiles, memberships, diagnoses, and an account without credentials for each member."""
    chance = Chance(seed, "accounts")
    seen: set[str] = set()
    for person in everyone:
        network.add(members.Member, id=person.id, pseudonym=person.pseudonym, kind=person.kind, verified=person.verified,
                    about=person.about, joined_on=person.joined_on)  # fmt: skip
        if person.kind is MemberKind.ASSOCIATION:
            write_page(network, person)
        # Generated names may look alike: the first one reserves the key.
        for look in [key for key in looks(person.pseudonym) if key not in seen]:
            seen.add(look)
            network.add(registrations.PseudonymLook, look=look, member_id=person.id)
        network.add(members.Profile, member_id=person.id, birth_year=person.birth_year, sex=person.sex, region=person.region,
                    sharing=person.sharing)  # fmt: skip
        for number, community in enumerate(person.communities):
            ambassador = (
                number == 0 and person.patient and person.activity > 3 and not person.trial and chance.often(0.06)
            )
            network.add(members.Membership, member_id=person.id, community_id=community.id, joined_on=person.joined_on,
                        role=MembershipRole.AMBASSADOR if ambassador else MembershipRole.MEMBER)  # fmt: skip
        for community_id, year in person.diagnosed.items():
            network.add(members.Diagnosis, member_id=person.id, community_id=community_id, diagnosed_in=year)
        email = f"{person.sign_in}@demo.example" if person.sign_in else f"{slug(person.pseudonym)}@members.example"
        network.add(accounts.Account, id=chance.id(), email=email, email_verified=bool(person.sign_in) or chance.often(0.95),
                    locale="fr-FR" if person.french else "en-GB", created_at=at(chance, person.joined_on),
                    member_id=person.id, organization_id=None, organization_user_id=None,
                    staff_id=None)  # fmt: skip
