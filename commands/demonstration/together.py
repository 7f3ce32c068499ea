"""Generates the demonstration's care links, consents, counts of communities, and notifications."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from uuid import UUID

from commands.demonstration.catalogue import Catalogue
from commands.demonstration.chance import Chance
from commands.demonstration.people import Person, at
from commands.demonstration.texts import Network
from models.identity import members
from models.identity.members import CareLinkStatus, NotificationKind
from models.identity.organizations import OrganizationKind
from models.research import surveys
from models.research.surveys import ConsentPurpose

NOTICE = "2025-1"
NEEDED = (200, 200, 200, 250, 300)


def write_care_links(seed: int, network: Network, everyone: list[Person], today: date) -> frozenset[UUID]:
    """Writes the links between relatives and patients; returns the patients whose link is accepted."""
    chance = Chance(seed, "care links")
    patients: dict[UUID, list[Person]] = defaultdict(list)
    for person in everyone:
        if person.patient and not person.trial and not person.sign_in:
            patients[person.community.id].append(person)
    by_sign_in = {person.sign_in: person for person in everyone if person.sign_in}
    pairs = [(by_sign_in["patient"], by_sign_in["relative"], CareLinkStatus.ACCEPTED)]
    for person in everyone:
        if (
            person.kind is members.MemberKind.RELATIVE
            and not person.sign_in
            and chance.often(0.6)
            and patients[person.community.id]
        ):
            patient = patients[person.community.id].pop(chance.randrange(len(patients[person.community.id])))
            pairs.append((patient, person, chance.one(tuple(CareLinkStatus), (0.12, 0.8, 0.08))))
    helped = set()
    for patient, relative, status in pairs:
        since = max(patient.joined_on, relative.joined_on)
        since += timedelta(days=chance.randint(0, min(60, (today - since).days)))
        network.add(members.CareLink, id=chance.id(), patient_id=patient.id, relative_id=relative.id, status=status,
                    created_at=at(chance, since))  # fmt: skip
        recipient = patient if status is CareLinkStatus.ACCEPTED else relative
        if status is not CareLinkStatus.ENDED:
            add_notification(chance, network, recipient, NotificationKind.CARE_LINK, since, today,
                             ("mbr", (relative if recipient is patient else patient).id))  # fmt: skip
        if status is CareLinkStatus.ACCEPTED:
            helped.add(patient.id)
    return frozenset(helped)


def write_consents(seed: int, network: Network, everyone: list[Person], today: date) -> None:
    """Writes the patients' consents; trial patients consent to the use of their tracking only, not to surveys."""
    chance = Chance(seed, "consents")
    every_kind = [kind.value for kind in OrganizationKind]
    for person in everyone:
        if not person.patient:
            continue
        if person.trial:
            add_consent(network, chance, person, ConsentPurpose.TRACKING_RESEARCH, every_kind, person.joined_on)
            continue
        for purpose, granted in (
            (ConsentPurpose.SURVEY_RESEARCH, person.consents),
            (ConsentPurpose.TRACKING_RESEARCH, person.consents and (bool(person.sign_in) or chance.often(0.85))),
        ):
            if granted or chance.often(0.3):
                kinds = every_kind
                if not granted:
                    kinds = []
                elif not person.sign_in and chance.often(0.15):
                    kinds = [kind for kind in every_kind if chance.often(0.6)]
                # Given at registration, before any survey; withdrawn at any time.
                later = 0 if granted else chance.randint(0, min(200, (today - person.joined_on).days - 1))
                add_consent(network, chance, person, purpose, kinds, person.joined_on + timedelta(days=later), granted)
                if purpose is ConsentPurpose.SURVEY_RESEARCH:
                    person.recipients = tuple(kinds)


def add_consent(
    network: Network,
    chance: Chance,
    person: Person,
    purpose: ConsentPurpose,
    kinds: list[str],
    day: date,
    granted: bool = True,
) -> None:
    values = {
        "member_id": person.id, "purpose": purpose, "granted": granted, "recipients": kinds, "notice_version": NOTICE,
        "notice_language": "FR" if person.french else "EN", "changed_at": at(chance, day),
    }  # fmt: skip
    network.add(surveys.Consent, **values)
    network.add(surveys.ConsentChange, id=chance.id(), **values)


def count_communities(seed: int, network: Network, known: Catalogue, everyone: list[Person]) -> None:
    """Sets the communities' counts, by which waves are planned; `insights` then publishes them with noise."""
    chance = Chance(seed, "readiness")
    belong: Counter[UUID] = Counter()
    consenting: Counter[UUID] = Counter()
    for person in everyone:
        for community in person.communities:
            belong[community.id] += 1
            consenting[community.id] += person.patient and not person.trial and person.consents
    needed = {community.id: chance.one(NEEDED) for community in known.communities}
    network.change("catalog.community", lambda row: {
        "member_count": to_ten(belong[row["id"]]), "consenting_count": to_ten(consenting[row["id"]]), "needed_count": needed[row["id"]],
    })  # fmt: skip


def to_ten(count: int) -> int:
    """The nearest multiple of ten, halves rounding up."""
    return (count + 5) // 10 * 10


def add_notification(
    chance: Chance,
    network: Network,
    person: Person,
    kind: NotificationKind,
    day: date,
    today: date,
    subject: tuple[str, UUID],
) -> None:
    """Writes a notification, which is more likely to be read if it is old."""
    created = at(chance, min(day, today - timedelta(days=1)))
    age = (today - day).days
    read = chance.often(0.92 if age > 30 else 0.55 if age > 4 else 0.2)
    network.add(members.Notification, id=chance.id(), member_id=person.id, kind=kind, created_at=created,
                read_at=created + timedelta(hours=chance.randint(0, 30) if age > 2 else 0, minutes=1) if read else None,
                subject_type=subject[0], subject_id=subject[1])  # fmt: skip
