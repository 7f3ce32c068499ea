"""Generates the demonstration's organizations and staff: accounts, licences, API keys and credentials."""

import hashlib
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from commands.demonstration.catalogue import Catalogue
from commands.demonstration.chance import Chance
from commands.demonstration.people import at
from commands.demonstration.texts import Network
from models.identity import accounts, organization_users, organizations
from models.identity.accounts import StaffRole
from models.identity.organization_users import UserRole
from models.identity.organizations import OrganizationKind, PurposeKind
from models.insight import licences
from models.insight.licences import LicenceStatus
from models.insight.undertakings import IN_FORCE
from resolvers.identity import passwords

ACCOUNT = "identity.account"
PASSWORD = "demonstration"  # noqa: S105 - printed at start-up, and only ever set for demonstration accounts
STAFF = {
    "manager": ("Inès Laurier", StaffRole.SURVEY_MANAGER),
    "moderator": ("Marc Vasseur", StaffRole.MODERATOR),
    "steward": ("Salomé Ferrand", StaffRole.DATA_STEWARD),
    "editor": ("Colette Amiel", StaffRole.CATALOGUE_EDITOR),
}
READ_ENGLISH = ("laboratory", "manager")  # the other demonstration accounts read French
# Organizations that write in English; the others write in French.
WRITE_ENGLISH = ("Laboratoires Alvéole", "Norvane Therapeutics", "Quercia Biotech")
# The first organization of each kind has the account named after the kind.
ORGANIZATIONS = {
    OrganizationKind.LABORATORY: (
        "Laboratoires Alvéole",
        "Norvane Therapeutics",
        "Institut Pharmaceutique du Ponant",
        "Quercia Biotech",
    ),
    OrganizationKind.HOSPITAL: (
        "Hôpital Saint-Clair",
        "Centre hospitalier des Trois-Rivières",
        "Clinique universitaire de la Baie",
    ),
    OrganizationKind.MUTUAL: ("Mutuelle des Deux Rives", "Mutuelle Horizon Santé", "Mutuelle du Marais"),
    OrganizationKind.INSURER: ("Assurances Belvédère", "Prévoyance Meridiem"),
}
# Kinds of purpose, in the order of the purposes.
PURPOSE_KINDS = {
    OrganizationKind.LABORATORY: (PurposeKind.SCIENTIFIC_RESEARCH, PurposeKind.PRODUCT_DEVELOPMENT),
    OrganizationKind.HOSPITAL: (PurposeKind.CARE_IMPROVEMENT, PurposeKind.CARE_IMPROVEMENT),
    OrganizationKind.MUTUAL: (PurposeKind.SCIENTIFIC_RESEARCH, PurposeKind.CARE_IMPROVEMENT),
    OrganizationKind.INSURER: (PurposeKind.SCIENTIFIC_RESEARCH, PurposeKind.CARE_IMPROVEMENT),
}
# The licences of each organization with an account: two communities with datasets, and a quota for five questions at
# WITHIN_20 in addition to the insights that `insights` publishes.
LICENSED = ("multiple-sclerosis", "rheumatoid-arthritis")
QUOTA = 90_000
# Each text in English and in French.
KEY_NAMES = (("Analyses", "Dashboard"), ("Analyses", "Tableau de bord"))
REASON = (
    "The purpose leaves open what becomes of the results.",
    "La finalité ne dit pas ce que deviennent les résultats.",
)
PURPOSES = {
    OrganizationKind.LABORATORY: (
        ("How a treatment is tolerated after its first year", "La tolérance d’un traitement après sa première année"),
        ("Why treatments are stopped early", "Pourquoi des traitements sont arrêtés tôt"),
    ),
    OrganizationKind.HOSPITAL: (
        ("Planning a consultation for fatigue", "Préparer une consultation consacrée à la fatigue"),
        ("Waiting times as patients live them", "Les délais d’attente tels que les patients les vivent"),
    ),
    OrganizationKind.MUTUAL: (
        ("What patients pay themselves", "Ce qui reste à la charge des patients"),
        ("Which support programmes would be used", "Quels programmes d’accompagnement seraient suivis"),
    ),
    OrganizationKind.INSURER: (
        ("Return to work after a long absence", "Le retour au travail après une longue absence"),
        ("Needs for help at home", "Les besoins d’aide à domicile"),
    ),
}


def write_sign_ins(seed: int, network: Network, known: Catalogue, today: date) -> None:
    """Writes organizations with their users, licences and API keys, and the staff."""
    chance = Chance(seed, "sign-ins")
    for kind, names in ORGANIZATIONS.items():
        for number, name in enumerate(names):
            id = chance.id()
            network.add(organizations.Organization, id=id, name=name, kind=kind)
            if number == 0:
                add_account(chance, network, kind.value.lower(), today, organization=id)
                add_keys(chance, network, id, name, today)
            add_licences(chance, network, id, name, kind, known, today, signs_in=number == 0)
    for sign_in, (name, role) in STAFF.items():
        staff = chance.id()
        network.add(accounts.Staff, id=staff, name=name, roles=[role.value])
        add_account(chance, network, sign_in, today, staff=staff)


def add_account(
    chance: Chance,
    network: Network,
    sign_in: str,
    today: date,
    organization: UUID | None = None,
    staff: UUID | None = None,
) -> None:
    created_at, email = at(chance, today - timedelta(days=700)), f"{sign_in}@demo.example"
    user = None
    if organization is not None:
        user = chance.id()
        network.add(organization_users.OrganizationUser, id=user, organization_id=organization, email=email,
                    role=UserRole.ADMINISTRATOR, invited_at=created_at, joined_at=created_at)  # fmt: skip
    network.add(accounts.Account, id=chance.id(), email=email, email_verified=True,
                locale="en-GB" if sign_in in READ_ENGLISH else "fr-FR",
                created_at=created_at, member_id=None, organization_id=organization, organization_user_id=user,
                staff_id=staff)  # fmt: skip


def add_licences(
    chance: Chance,
    network: Network,
    organization: UUID,
    name: str,
    kind: OrganizationKind,
    known: Catalogue,
    today: date,
    signs_in: bool,
) -> None:
    """Writes an organization's licences.

    If it has an account, those are the granted ones of the communities with datasets and one of every status;
    otherwise two.
    """
    language = language_of(name)
    main = [known.community(slug) for slug in LICENSED] if signs_in else []
    further = list(LicenceStatus) if signs_in else [LicenceStatus.GRANTED, LicenceStatus.REQUESTED]
    others = [community for community in chance.some(known.communities[:20], 8) if community.slug not in LICENSED]
    granted = [(community, LicenceStatus.GRANTED, QUOTA) for community in main]
    usual = [
        (community, status, chance.randint(2, 20) * 5_000) for community, status in zip(others, further, strict=False)
    ]
    for community, status, quota in (*granted, *usual):
        past = status is LicenceStatus.ENDED
        starts_on = today - timedelta(days=chance.randint(500, 900) if past else chance.randint(20, 200))
        if status is LicenceStatus.REQUESTED:
            starts_on = today + timedelta(days=chance.randint(15, 60))
        paid = status in (LicenceStatus.GRANTED, LicenceStatus.ENDED)
        number = chance.one((0, 1))
        requested_at = at(chance, min(starts_on, today) - timedelta(days=chance.randint(10, 14)))
        network.add(licences.Licence, id=chance.id(), organization_id=organization, community_id=community.id,
                    purpose=PURPOSES[kind][number][language], purpose_kind=PURPOSE_KINDS[kind][number], undertakings=IN_FORCE,
                    undertakings_accepted_at=requested_at, requested_at=requested_at, starts_on=starts_on, ends_on=starts_on + timedelta(days=365), status=status,
                    price_amount=Decimal(chance.randint(8, 60) * 500) if paid else None, price_currency="EUR" if paid else None,
                    quota_micro_rho=quota if paid else 0, reason=REASON[language] if status is LicenceStatus.REFUSED else None)  # fmt: skip


def language_of(organization: str) -> int:
    """The place of an organization's language in each text."""
    return 0 if organization in WRITE_ENGLISH else 1


def add_keys(chance: Chance, network: Network, organization: UUID, owner: str, today: date) -> None:
    """Writes API keys that nobody can use: each hash is of random bytes that are not kept."""
    for name in KEY_NAMES[language_of(owner)]:
        network.add(organizations.ApiKey, id=chance.id(), organization_id=organization, name=name,
                    prefix=f"ck_{chance.getrandbits(32):08x}", secret_hash=hashlib.sha256(chance.randbytes(32)).digest(),
                    created_at=at(chance, today - timedelta(days=120)), last_used_at=at(chance, today - timedelta(days=3)),
                    expires_at=at(chance, today + timedelta(days=245)))  # fmt: skip


def write_credentials(network: Network) -> None:
    """Writes the common password of all demonstration accounts, hashed once; its salt differs from run to run."""
    hashed = passwords.HASHER.hash(PASSWORD)
    columns = network.columns[ACCOUNT]
    id, email = columns.index("id"), columns.index("email")
    for account in list(network.rows[ACCOUNT]):
        if account[email].endswith("@demo.example"):
            network.add(accounts.Credential, account_id=account[id], password_hash=hashed)
