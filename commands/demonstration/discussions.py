"""Generates the demonstration's discussions: authors and times, matching replies, reactions and flags."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

from commands.demonstration.catalogue import TRIAL_TREATMENTS, Catalogue, Community, Indicator, Treatment
from commands.demonstration.chance import Chance, shares
from commands.demonstration.english import ENGLISH
from commands.demonstration.french import FRENCH
from commands.demonstration.people import Person
from commands.demonstration.texts import Network, in_running_text
from commands.demonstration.themes import Language, Theme
from commands.demonstration.together import add_notification
from models import languages
from models.community import discussions
from models.community.discussions import FlagReason, FlagStatus, Reaction
from models.identity.members import NotificationKind
from models.tracking.treatments import TreatmentKind

POSTS = 40_000  # at scale 1
POSTS_EACH = 10
LEFT, REMOVED, EDITED, CLOSED, FLAGGED = 0.02, 0.008, 0.05, 0.03, 0.009
ELISION = re.compile(r"\bde (?=[aeiouyhâéèêîœ])")
CAPITAL = re.compile(r"(?:^|(?<=[.!?] ))[a-zà-ÿœ]")
DRUGS = (TreatmentKind.MEDICATION, TreatmentKind.SUPPLEMENT)
CARE = (TreatmentKind.PROCEDURE, TreatmentKind.DEVICE, TreatmentKind.THERAPY)
FLAG_NOTES = {  # of members who write in French, and of the others
    True: ("Ce n'est pas le lieu pour cela.", "Ce message me met mal à l'aise.", "Cela ressemble à de la publicité.",
           "Un numéro de téléphone y figure.", None, None),
    False: ("Not the place for this.", "This post makes me uneasy.", "Looks like advertising.",
            "It has a telephone number.", None, None),
}  # fmt: skip


class Crowd:
    """A community's members in the order they joined, so that nobody writes before; active members write more."""

    def __init__(self, members: list[Person]) -> None:
        self.members = sorted(members, key=lambda person: (person.joined_on, person.id))
        self.joined = [person.joined_on for person in self.members]
        self.activity = list(accumulate(person.activity for person in self.members))
        # The demonstration accounts have recently started two discussions in their own community, and received replies.
        self.hosts = [person for person in self.members if person.sign_in and person.patient] * 2

    def one(self, chance: Chance, day: date) -> Person:
        """A random member on that day; the first member is there before any discussion."""
        present = max(bisect_right(self.joined, day), 1)
        return self.members[min(bisect_left(self.activity, chance.random() * self.activity[present - 1]), present - 1)]


@dataclass(frozen=True)
class Thread:
    """What a discussion's posts have in common: language, theme, the values of placeholders, and topics."""

    language: Language
    theme: Theme
    blanks: dict[str, Any]
    topics: tuple[Treatment | Indicator, ...]

    @property
    def spoken(self) -> languages.Language:
        return languages.Language.FR if self.language is FRENCH else languages.Language.EN

    def fill(self, chance: Chance, text: str) -> str:
        """The text with its placeholders filled, French `de` elided before a vowel, and each sentence capitalized."""
        filled = text.format(
            n=chance.randint(2, 12), few=chance.randint(3, 5), d=chance.one(self.language.lengths), **self.blanks
        )
        if self.language is FRENCH:
            filled = ELISION.sub("d'", filled)
        return CAPITAL.sub(lambda found: found[0].upper(), filled)


def write_discussions(
    seed: int, network: Network, known: Catalogue, everyone: list[Person], today: date, count: int
) -> None:
    """Writes `count` posts in about a tenth as many discussions, distributed by the communities' sizes."""
    chance = Chance(seed, "discussions")
    by_community: dict[UUID, list[Person]] = defaultdict(list)
    for person in everyone:
        for community in person.communities:
            by_community[community.id].append(person)
    lively = [community for community in known.communities if by_community[community.id]]
    crowds = {community.id: Crowd(by_community[community.id]) for community in lively}
    homes = shares(max(count // POSTS_EACH, 1), [len(by_community[community.id]) ** 1.05 for community in lively])
    threads = [community for community, number in zip(lively, homes, strict=True) for _ in range(number)]
    chance.shuffle(threads)
    lengths = shares(count - len(threads), [chance.lognormvariate(0, 1.1) for _ in threads])
    for number, (community, replies) in enumerate(zip(threads, lengths, strict=True)):
        write_discussion(Chance(seed, "discussion", number), network, community, crowds[community.id], today, replies)


def write_discussion(
    chance: Chance, network: Network, community: Community, crowd: Crowd, today: date, replies: int
) -> None:
    first = min(crowd.joined[0], today - timedelta(days=2))
    age = 2 + int(((today - first).days - 2) * chance.random() ** 1.4)
    host = crowd.hosts.pop() if crowd.hosts and replies > 2 else None
    opened = today - timedelta(days=chance.randint(2, 12) if host else age)
    author = host or crowd.one(chance, opened)
    opened = min(max(opened, author.joined_on), today - timedelta(days=1))
    left = chance.often(LEFT)
    thread = new_thread(chance, community, FRENCH if author.french else ENGLISH)
    id = chance.id()
    moment = datetime.combine(opened, time(chance.randint(6, 22), chance.randint(0, 59), chance.randint(0, 59)), UTC)
    end = datetime.combine(today, time(0), UTC) - timedelta(minutes=10)
    times = [moment, *moments(chance, moment, end, replies)]
    title = thread.fill(chance, chance.one(thread.theme.titles))
    network.add(discussions.Discussion, id=id, community_id=community.id, author_id=None if left else author.id, title=title, language=thread.spoken,
                created_at=times[0], last_post_at=times[-1], post_count=len(times), closed=chance.often(CLOSED))  # fmt: skip
    for position, topic in enumerate(thread.topics):
        is_treatment = isinstance(topic, Treatment)
        network.add(discussions.DiscussionTopic, discussion_id=id, position=position,
                    treatment_id=topic.id if is_treatment else None, indicator_id=None if is_treatment else topic.id)  # fmt: skip
    conversation = Conversation(chance, thread, crowd, author)
    received: list[tuple[UUID, date]] = []
    for written in times:
        body, writer = conversation.next(written)
        gone = left if writer is author else chance.often(LEFT)
        post = write_post(chance, network, id, None if gone else writer, body, thread.spoken, written, today, crowd)
        if writer is not author:
            received.append((post, written.date()))
    if not left:
        for post, day in received[-3 if author.sign_in else -2 :]:
            add_notification(chance, network, author, NotificationKind.REPLY, day, today, ("pst", post))


def new_thread(chance: Chance, community: Community, language: Language) -> Thread:
    theme = chance.one(language.themes)
    # Trial patients do not know which arm they are in.
    drugs = [t for t in community.treatments if t.kind in DRUGS and t.name not in TRIAL_TREATMENTS]
    other = [treatment for treatment in community.treatments if treatment.kind in CARE]
    if not (other if "care" in theme.needs else drugs):
        theme = chance.one([theme for theme in language.themes if not theme.needs])
    treatment, symptom = (
        chance.early((other if "care" in theme.needs else drugs) or other or community.treatments),
        chance.early(community.symptoms),
    )
    french = language is FRENCH
    blanks = {
        "c": community.disease.words.split(", ")[0] if french else in_running_text(community.disease.name),
        "t": (treatment.french if french and treatment.french else treatment.name).split(",")[0],
        "s": symptom.french[0] if french else in_running_text(symptom.lay[0] if symptom.lay else symptom.name),
    }
    blanks["t"] = in_running_text(blanks["t"])
    topics: list[Treatment | Indicator] = []
    if theme.needs & {"treatment", "care"}:
        topics.append(treatment)
    if "symptom" in theme.needs:
        topics.append(symptom)
    return Thread(language, theme, blanks, tuple(topics))


def moments(chance: Chance, start: datetime, end: datetime, replies: int) -> list[datetime]:
    """The times of the replies: frequent at first, then less and less, none after `end`."""
    gaps = [chance.expovariate(1.0) * (2 + 3 * place) * 3_600 for place in range(replies)]
    marks = list(accumulate(gaps))
    room = (end - start).total_seconds()
    squeeze = min(1.0, 0.97 * room / marks[-1]) if marks else 1.0
    return [start + timedelta(seconds=int(mark * squeeze) + 1 + place) for place, mark in enumerate(marks)]


class Conversation:
    """Generates a discussion's posts one by one: each answer of its theme once, then personal stories."""

    def __init__(self, chance: Chance, thread: Thread, crowd: Crowd, author: Person) -> None:
        self.chance, self.thread, self.crowd, self.author = chance, thread, crowd, author
        self.answers = chance.some(thread.theme.answers, len(thread.theme.answers))
        self.returns = chance.some(thread.language.returns, 3)
        self.chat = chance.some(thread.language.chat, 5)
        self.place = 0

    def next(self, written: datetime) -> tuple[str, Person]:
        """The next post's text and author."""
        body, writer = self.opening() if self.place == 0 else self.reply(written.date())
        self.place += 1
        return self.thread.fill(self.chance, body), writer

    def opening(self) -> tuple[str, Person]:
        language, chance = self.thread.language, self.chance
        opening = chance.one(self.thread.theme.openings)
        # Two questions in a row would sound like an interview.
        question = "" if opening.endswith("?") else chance.one(language.questions)
        return chance.one(language.greetings) + opening + question, self.author

    def reply(self, day: date) -> tuple[str, Person]:
        language, chance = self.thread.language, self.chance
        if self.place > 2 and self.returns and chance.often(0.14):
            return self.returns.pop(), self.author
        writer = next((one for one in (self.crowd.one(chance, day) for _ in range(6)) if one is not self.author), None)
        if writer is None:  # nobody else has joined yet
            return (self.returns.pop() if self.returns else self.story()), self.author
        if self.place > 2 and self.chat and chance.often(0.16):
            return self.chat.pop(), writer
        answer = self.answers.pop() if self.answers else self.story()
        return chance.one(language.leads) + answer + chance.one(language.tails), writer

    def story(self) -> str:
        start, middle, end = (self.chance.one(part) for part in self.thread.language.stories)
        return f"{start}, {middle}, {end}."


def write_post(
    chance: Chance,
    network: Network,
    discussion: UUID,
    writer: Person | None,
    body: str,
    spoken: languages.Language,
    written: datetime,
    today: date,
    crowd: Crowd,
) -> UUID:
    id = chance.id()
    flagged = chance.often(FLAGGED)
    status = chance.one((FlagStatus.OPEN, FlagStatus.UPHELD, FlagStatus.DISMISSED), (0.4, 0.3, 0.3))
    removed = chance.often(REMOVED) or (flagged and status is FlagStatus.UPHELD)
    if removed and status is FlagStatus.OPEN:
        status = FlagStatus.LAPSED
    edited = None if removed or not chance.often(EDITED) else written + timedelta(minutes=chance.randint(1, 50))
    network.add(discussions.Post, id=id, discussion_id=discussion, author_id=writer.id if writer else None,
                body=None if removed else body, language=spoken, created_at=written, edited_at=edited, removed=removed)  # fmt: skip
    if removed:
        if writer:
            add_notification(chance, network, writer, NotificationKind.MODERATION, written.date(), today, ("pst", id))
    else:
        given = set()
        for _ in range(int(chance.expovariate(0.75))):
            given.add((crowd.one(chance, written.date()).id, chance.one(tuple(Reaction), (0.35, 0.3, 0.2, 0.15))))
        for member, reaction in sorted(given):
            network.add(discussions.PostReaction, post_id=id, member_id=member, reaction=reaction)
    if flagged:
        shown = crowd.one(chance, written.date())
        network.add(discussions.Flag, id=chance.id(), post_id=id, member_id=shown.id, reason=chance.one(tuple(FlagReason)),
                    note=chance.one(FLAG_NOTES[shown.french]), status=status, created_at=written + timedelta(minutes=chance.randint(1, 50)))  # fmt: skip
    return id
