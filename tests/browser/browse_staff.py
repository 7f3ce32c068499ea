"""The pages of staff in a browser: the moderators' queue, surveys, licences, the catalogue, and what roles allow."""

import json
import re
from datetime import date
from itertools import count
from typing import Any
from urllib.parse import unquote

import pyotp
from playwright.async_api import Page, expect

from models.community.discussions import FlagReason
from models.identity.accounts import StaffRole
from models.insight.licences import LicenceStatus
from tests import factories
from tests.browser import browse_account
from tests.browser.conftest import Visit, Visiting
from tests.browser.pages import LOCALES, fill, heading, languages, look, press, sign_in
from tests.support.client import PASSWORD
from tests.support.network import Network

NUMBERS = count(1)
WORDS = {
    "en": {
        "home": "Staff", "flags": "Flags", "uphold": "Remove the post …", "remove": "Remove the post",
        "removed": "The post was removed", "dismiss": "Dismiss the flag …", "dismissed": "Dismiss the flag",
        "context": "Show in the discussion", "suspend": "Suspend the author …", "suspended": "Suspend",
        "appeals": "Appeals", "decide": "Decide", "decided": "The appeal was decided", "members": "Members",
        "find": "Find", "verify": "Verify the association", "verified": "Verified", "new": "New survey",
        "add question": "Add a question", "kind": "Kind of answer", "add rule": "Add a condition",
        "create": "Create the draft", "schedule": "Schedule", "missing": "are not in French yet",
        "save first": "Save changes before you schedule", "save": "Save", "saved": "The survey was saved",
        "scheduled": "The survey is scheduled", "unschedule": "Back to draft",
        "unscheduled": "The survey is a draft again", "preview in": "Language of the preview", "grant": "Grant …",
        "grant now": "Grant the licence", "granted": "The licence was granted", "refuse": "Refuse …",
        "refuse now": "Refuse the licence", "create entry": "Create",
        "conflict": "Somebody else has changed this entry", "keep": "Go on with mine",
        "entry saved": "The entry was saved", "retire": "Retire", "retired": "Retired", "decide …": "Decide …",
        "invite": "Invite", "next": "Next page", "no factor": "No second factor", "suspend staff": "Suspend",
        "is suspended": "Suspended", "freeze": "Freeze", "close": "Close the discussion",
        "reopen": "Open the discussion again",
        "closed": "The discussion is closed", "reopened": "The discussion is open again", "appoint": "Appoint",
        "end": "End the appointment", "being frozen": "Being frozen:", "too small": "Too few members",
        "close survey": "Close now …", "close now": "Close the survey",
        "answers frozen": "are being frozen into a dataset", "too few": "Too few members answered",
    },
    "fr": {
        "home": "Équipe", "flags": "Signalements", "uphold": "Retirer le message…", "remove": "Retirer le message",
        "removed": "Le message a été retiré", "dismiss": "Rejeter le signalement…",
        "dismissed": "Rejeter le signalement", "context": "Voir dans la discussion",
        "suspend": "Suspendre le membre…", "suspended": "Suspendre", "appeals": "Contestations", "decide": "Statuer",
        "decided": "La contestation est tranchée", "members": "Membres", "find": "Chercher",
        "verify": "Vérifier l’association", "verified": "Vérifiée", "new": "Nouveau questionnaire",
        "add question": "Ajouter une question", "kind": "Type de réponse", "add rule": "Ajouter une condition",
        "create": "Créer le brouillon", "schedule": "Programmer", "missing": "ne sont pas encore en français",
        "save first": "Enregistrez les modifications", "save": "Enregistrer",
        "saved": "Le questionnaire a été enregistré", "scheduled": "Le questionnaire est programmé",
        "unschedule": "Repasser en brouillon", "unscheduled": "de nouveau un brouillon",
        "preview in": "Langue de l’aperçu", "grant": "Accorder…", "grant now": "Accorder la licence",
        "granted": "La licence a été accordée", "refuse": "Refuser…", "refuse now": "Refuser la licence",
        "create entry": "Créer", "conflict": "Quelqu’un d’autre a modifié cette entrée",
        "keep": "Continuer avec ma saisie", "entry saved": "L’entrée a été enregistrée", "retire": "Retirer",
        "retired": "Retiré", "decide …": "Statuer…", "invite": "Inviter", "next": "Page suivante",
        "no factor": "Sans second facteur", "suspend staff": "Suspendre", "is suspended": "Compte suspendu",
        "freeze": "Figer", "close": "Clore la discussion", "reopen": "Rouvrir la discussion",
        "closed": "La discussion est close",
        "reopened": "La discussion est de nouveau ouverte", "appoint": "Nommer", "end": "Mettre fin à ce rôle",
        "being frozen": "En cours :", "too small": "Trop peu de membres",
        "close survey": "Clore maintenant…", "close now": "Clore le questionnaire",
        "answers frozen": "en train d’être figées", "too few": "Trop peu de membres ont répondu",
    },
}  # fmt: skip


async def staff(visit: Visit, network: Network, language: str, *roles: StaffRole, **given: Any) -> None:
    """Signs in as staff of a new account, which has these roles, or all of them."""
    database = network.database
    known = await network.value("SELECT password_hash FROM identity.credential LIMIT 1")
    held = {"roles": list(roles)} if roles else {}
    made = await factories.staff(database, **(held | given))
    email = f"staff-{next(NUMBERS)}@people.example"
    of = {"staff_id": made["id"], "email": email, "email_verified": True, "locale": LOCALES[language]}
    account = await factories.account(database, **of)
    await factories.credential(database, account_id=account["id"], password_hash=known)
    await sign_in(visit, email)
    await expect(heading(visit.page, WORDS[language]["home"])).to_be_visible()


async def flagged(network: Network, body: str) -> None:
    """A post that a member has flagged as urgent, so that it is the first of the queue."""
    community = await network.row("SELECT id FROM catalog.community WHERE slug = 'multiple-sclerosis'")
    discussion = await factories.discussion(network.database, community_id=community["id"])
    post = await factories.post(network.database, discussion_id=discussion["id"], body=body)
    await factories.flag(network.database, post_id=post["id"], reason=FlagReason.SELF_HARM_RISK, note="Please look.")


def case(page: Page, text: str) -> Any:
    return page.locator("article.case").filter(has_text=text)


@languages
async def test_a_moderator_handles_flags(visit: Visiting, network: Network, language: str) -> None:
    words = WORDS[language]
    gone, stays = (f"Nobody would miss me {next(NUMBERS)}", f"I am fine {next(NUMBERS)}")
    await flagged(network, gone)
    await flagged(network, stays)
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await staff(found, network, language, StaffRole.MODERATOR)
    await look(found, f"staff-home-moderator-{language}")
    await page.locator(".cards").get_by_role("link", name=re.compile(words["flags"])).click()
    post = case(page, gone)
    await expect(post).to_be_visible()
    await look(found, f"staff-flags-{language}")
    await post.get_by_role("button", name=words["context"]).click()
    await expect(post.locator(".thread [aria-current] [lang]")).to_contain_text(gone)
    await expect(post.locator("blockquote [lang]")).to_have_text(gone)
    await post.get_by_role("button", name=words["uphold"]).click()
    await post.get_by_role("textbox").fill("x" * 1_001)
    await post.get_by_role("button", name=words["remove"], exact=True).click()
    await expect(post.locator(".field .fault")).not_to_be_empty()
    await expect(post.get_by_role("textbox")).to_have_value("x" * 1_001)
    await post.get_by_role("textbox").fill("We have called the helpline.")
    await look(found, f"staff-flag-deciding-{language}")
    await post.get_by_role("button", name=words["remove"], exact=True).click()
    await expect(page.locator(".notice.good")).to_contain_text(words["removed"])
    await expect(post).to_have_count(0)
    other = case(page, stays)
    await other.get_by_role("button", name=words["suspend"]).click()
    await other.get_by_role("textbox").fill("Three warnings.")
    await other.get_by_role("button", name=words["suspended"], exact=True).click()
    await expect(page.locator(":focus .notice.good")).to_be_visible()
    await other.get_by_role("button", name=words["dismiss"]).click()
    await other.get_by_role("button", name=words["dismissed"], exact=True).click()
    await expect(other).to_have_count(0)
    assert await network.value(
        "SELECT removed FROM care.post WHERE body IS NULL AND removed ORDER BY created_at DESC LIMIT 1"
    )
    await page.locator("select[name=status]").select_option("UPHELD")
    await expect(case(page, gone)).to_be_visible()
    found.secrets |= {gone, stays}


@languages
async def test_a_moderator_decides_on_appeals_and_associations(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    text = f"It names nobody {next(NUMBERS)}"
    post = await factories.post(network.database, body=None, removed=True)
    of = {"post_id": post["id"], "author_id": post["author_id"]}
    await factories.removed_text(network.database, **of)
    await factories.appeal(network.database, text=text, **of)
    association = await factories.member(
        network.database, kind="ASSOCIATION", verified=False, pseudonym=f"Association {next(NUMBERS)}"
    )
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await staff(found, network, language, StaffRole.MODERATOR)
    await found.open("/staff/appeals")
    appeal = case(page, text)
    await expect(appeal).to_be_visible()
    await look(found, f"staff-appeals-{language}")
    await appeal.locator("[value=no]").check()
    await appeal.get_by_role("textbox").fill("It names a colleague.")
    await appeal.get_by_role("button", name=words["decide"]).click()
    await expect(page.locator(".notice.good")).to_contain_text(words["decided"])
    await found.open("/staff/members")
    await fill(page, pseudonym=association["pseudonym"])
    await press(page, words["find"])
    await page.locator("#association").wait_for()
    await look(found, f"staff-association-{language}")
    await page.locator("[name=reason]").first.fill("The register of associations lists it.")
    await press(page, words["verify"])
    await expect(page.locator(".facts .badge.good")).to_have_text(words["verified"])
    found.secrets |= {association["pseudonym"]}


@languages
async def test_a_moderator_closes_discussions_and_appoints_ambassadors(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    database = network.database
    community = await factories.community(database, name=f"A community {next(NUMBERS)}")
    title = f"Since when do you have it {next(NUMBERS)}"
    discussion = await factories.discussion(database, community_id=community["id"], title=title)
    post = await factories.post(database, discussion_id=discussion["id"])
    await factories.flag(database, post_id=post["id"], reason=FlagReason.SELF_HARM_RISK)
    member = await factories.member(database, pseudonym=f"Welcoming {next(NUMBERS)}")
    stranger = await factories.member(database, pseudonym=f"Elsewhere {next(NUMBERS)}")
    await factories.membership(database, member_id=member["id"], community_id=community["id"])
    closed = "SELECT closed FROM care.discussion WHERE id = $1"
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await staff(found, network, language, StaffRole.MODERATOR)
    # Beside a flag in it.
    await found.open("/staff/flags")
    await case(page, title).get_by_role("button", name=words["close"]).click()
    await expect(page.locator(":focus .notice.good")).to_contain_text(words["closed"])
    assert await network.value(closed, discussion["id"])
    # In the list of its community.
    await found.open("/staff/communities")
    await page.locator("[name=community]").select_option(community["slug"])
    row = page.locator("tbody tr", has_text=title)
    await row.get_by_role("button", name=re.compile(title)).click()
    await expect(page.locator(":focus .notice.good")).to_contain_text(words["reopened"])
    assert not await network.value(closed, discussion["id"])
    await page.locator("[type=search]").fill("nothing has this word")
    await expect(row).to_have_count(0)
    # Ambassadors are members of the community.
    for each in (stranger, member):
        await fill(page, pseudonym=each["pseudonym"])
        await press(page, words["find"])
        await press(page, f"{words['appoint']} {each['pseudonym']}")
        if each is stranger:
            await expect(page.locator("section:has(#ambassadors) .notice.fault")).not_to_be_empty()
    await expect(page.locator(":focus .notice.good")).to_contain_text(member["pseudonym"])
    await look(found, f"staff-communities-{language}", dark=True)
    ambassador = page.locator(".sequence li", has_text=member["pseudonym"])
    await ambassador.get_by_role("button", name=re.compile(member["pseudonym"])).click()
    await expect(ambassador).to_have_count(0)
    found.secrets |= {member["pseudonym"], stranger["pseudonym"]}


@languages
async def test_a_steward_creates_an_organization(visit: Visiting, network: Network, language: str) -> None:
    words = WORDS[language]
    taken = await factories.organization(network.database)
    await factories.licence(network.database, organization_id=taken["id"])  # without one, it would be replaced
    name, email = f"Institute {next(NUMBERS)}", f"contact-{next(NUMBERS)}@institute.example"
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await staff(found, network, language, StaffRole.DATA_STEWARD)
    await found.open("/staff/organizations")
    await expect(page.locator("tbody tr").first).to_be_visible()
    await fill(page, name=taken["name"], kind="HOSPITAL", contactEmail=email)
    await press(page, words["create entry"])
    await expect(page.locator("[name=name]")).to_be_focused()
    await expect(page.locator("[name=contactEmail]")).to_have_value(email)
    await look(found, f"staff-organizations-{language}", dark=True)
    await fill(page, name=name)
    await press(page, words["create entry"])
    await expect(page.locator(":focus .notice.good")).to_contain_text(name)
    of = "SELECT o.kind FROM insight.organization o JOIN identity.account a ON a.organization_id = o.id"
    assert await network.value(f"{of} WHERE a.email = $1", email) == "HOSPITAL"
    found.secrets |= {email}


async def write_question(page: Page, place: int, text: str, french: str) -> Any:
    """Fills in the texts of a question. Returns its box."""
    box = page.locator(".question-editor").nth(place)
    await box.locator(f"[name='questions.{place}.text']").fill(text)
    await box.locator(f"[name='questions.{place}.translations.0.text']").fill(french)
    return box


@languages
async def test_a_survey_with_a_branch_in_two_languages_is_scheduled(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    title = f"Sleep {next(NUMBERS)}"
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await staff(found, network, language, StaffRole.SURVEY_MANAGER)
    await found.open("/staff/surveys")
    await page.locator("tbody tr").first.wait_for()
    await look(found, f"staff-surveys-{language}")
    await page.get_by_role("link", name=words["new"]).click()
    await expect(heading(page, words["new"])).to_be_visible()
    await page.locator("[name=community]").select_option(index=0)
    await page.locator("[name=title]").fill(title)
    await page.locator("[name=description]").fill("How you sleep.")
    await fill(page, closesOn="2027-06-30")
    await page.locator("[name='offeredTo.LABORATORY']").check()
    first = await write_question(page, 0, "Do you sleep well?", "Dormez-vous bien ?")
    await first.locator("[name='questions.0.key']").fill("sleep")
    for place, (label, french) in enumerate([("Yes", "Oui"), ("No", "Non")]):
        await first.locator(f"[name='questions.0.options.{place}.label']").fill(label)
        await first.locator(f"[name='questions.0.options.{place}.translations.0.label']").fill(french)
    await press(page, words["add question"])
    second = await write_question(page, 1, "What wakes you?", "Qu’est-ce qui vous réveille ?")
    await second.locator("[name='questions.1.key']").fill("sleep")
    await second.get_by_label(words["kind"]).select_option("TEXT")
    await second.get_by_role("button", name=words["add rule"]).click()
    rule = second.locator(".rule")
    await rule.locator("select").nth(0).select_option("sleep")
    await rule.locator("select").nth(1).select_option("EQUALS")
    await rule.locator("select").nth(2).select_option("b")
    await press(page, words["create"])
    # Both have the same key: the refusal is at the second.
    await expect(page.locator("[name='questions.1.key']")).to_be_focused()
    await expect(page.locator("[name='questions.1.text']")).to_have_value("What wakes you?")
    await second.locator("[name='questions.1.key']").fill("why")
    await rule.locator("select").nth(0).select_option("sleep")
    await rule.locator("select").nth(1).select_option("EQUALS")
    await rule.locator("select").nth(2).select_option("b")
    await expect(page.locator(".notice").filter(has_text=words["missing"])).to_be_visible()
    await look(found, f"staff-survey-new-{language}")
    asked = page.locator("section:has(#preview) [data-question]")
    await expect(asked).to_have_count(1)
    await asked.first.locator("[value=b]").check()
    await expect(asked).to_have_count(2)
    await press(page, words["create"])
    await expect(heading(page, title)).to_be_visible()
    await press(page, words["schedule"])
    # Some texts are translated, others are not: it says so, and nothing is lost.
    await expect(page.locator("section:has(#standing) .notice.fault")).not_to_be_empty()
    await page.locator("[name='translations.0.title']").fill("Le sommeil")
    await page.locator("[name='translations.0.description']").fill("Comment vous dormez.")
    await expect(page.locator("section:has(#standing)")).to_contain_text(words["save first"])
    await press(page, words["save"])
    await expect(page.locator(".notice.good")).to_contain_text(words["saved"])
    # Whichever language the account reads, both texts are there, and a translation takes no original's place.
    await found.page.reload()
    await expect(heading(page, "Le sommeil" if language == "fr" else title)).to_be_visible()
    await expect(page.locator("[name=title]")).to_have_value(title)
    await expect(page.locator("[name='translations.0.title']")).to_have_value("Le sommeil")
    await page.locator("[name=title]").fill(f"{title} again")
    await press(page, words["save"])
    await expect(page.locator(".notice.good")).to_contain_text(words["saved"])
    stored = await network.value("SELECT translations FROM catalog.survey WHERE title = $1", f"{title} again")
    assert json.loads(stored)["fr"]["title"] == "Le sommeil"
    await press(page, words["schedule"])
    await expect(page.locator("section:has(#standing) .notice.good")).to_contain_text(words["scheduled"])
    await look(found, f"staff-survey-scheduled-{language}")
    await press(page, words["unschedule"])
    await expect(page.locator("section:has(#standing) .notice.good")).to_contain_text(words["unscheduled"])
    await page.get_by_label(words["preview in"]).select_option("fr")
    await expect(page.locator("section:has(#preview)")).to_contain_text("Dormez-vous bien")


@languages
async def test_a_steward_decides_on_a_licence_beside_its_budget(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    community = await network.value("SELECT id FROM catalog.community WHERE slug = 'multiple-sclerosis'")
    await factories.dataset(network.database, community_id=community)
    names = [f"Institute {next(NUMBERS)}" for _ in range(2)]
    for name in names:
        organization = await factories.organization(network.database, name=name)
        await factories.licence(
            network.database,
            organization_id=organization["id"],
            community_id=community,
            status=LicenceStatus.REQUESTED,
            starts_on=date(2028, 1, 1),  # the list begins with the latest
            ends_on=date(2028, 12, 31),
        )
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await staff(found, network, language, StaffRole.DATA_STEWARD)
    await found.open("/staff/licences")
    granted, refused = (case(page, name) for name in names)
    await expect(granted.locator("tbody tr").first).to_be_visible()
    await granted.get_by_role("button", name=words["grant"]).click()
    await granted.locator("[name=quota]").fill("2000000")
    await granted.get_by_role("button", name=words["grant now"]).click()
    await expect(granted.locator("[name=quota]")).to_be_focused()
    await look(found, f"staff-licences-{language}")
    await granted.locator("[name=quota]").fill("60000")
    await granted.locator("[name=amount]").fill("12000,50" if language == "fr" else "12000.50")
    await granted.get_by_role("button", name=words["grant now"]).click()
    await expect(page.locator(".notice.good")).to_contain_text(words["granted"])
    await expect(granted).to_have_count(0)
    await refused.get_by_role("button", name=words["refuse"]).click()
    await refused.get_by_role("textbox").fill("The purpose is unclear.")
    await refused.get_by_role("button", name=words["refuse now"]).click()
    await expect(refused).to_have_count(0)
    await page.locator("select[name=status]").select_option("GRANTED")
    await expect(granted).to_contain_text("12 000,50" if language == "fr" else "12,000.50")


@languages
async def test_an_editor_changes_the_catalogue_and_sees_who_else_did(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    number = next(NUMBERS)
    name = f"Treatment {number}"
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await staff(found, network, language, StaffRole.CATALOGUE_EDITOR)
    await found.open("/staff/catalogue")
    await page.locator("tbody tr").first.wait_for()
    await look(found, f"staff-catalogue-{language}")
    for kind in ("conditions", "indicators"):
        await found.open(f"/staff/catalogue/{kind}")
        await page.locator("tbody a").first.click()
        await page.locator("#history").wait_for()
        await look(found, f"staff-{kind}-{language}", narrow=False)
    await found.open("/staff/catalogue/treatments/new")
    await fill(page, name=name, kind="MEDICATION")
    await page.locator("[name='translations.0.name']").fill(f"Traitement {number}")
    await press(page, words["create entry"])
    await page.locator("#history").wait_for()
    await fill(page, inn="Inn of mine")
    # Somebody else changes the entry meanwhile.
    editor = await network.staff(StaffRole.CATALOGUE_EDITOR)
    entry = await network.row("SELECT id, version FROM catalog.treatment WHERE name = $1", name)
    of = {"treatment": unquote(page.url.rpartition("/")[2]), "version": entry["version"]}
    await network.do(editor, "treatmentUpdate", "treatment { version }", **of, searchWords="theirs")
    await press(page, words["save"])
    conflict = page.locator(".notice.fault").filter(has_text=words["conflict"])
    await expect(conflict.locator("tbody tr")).to_contain_text("theirs")
    await expect(page.locator("[name=inn]")).to_have_value("Inn of mine")
    await look(found, f"staff-conflict-{language}")
    await press(page, words["keep"])
    await press(page, words["save"])
    await expect(page.locator(".notice.good")).to_contain_text(words["entry saved"])
    await expect(page.locator("[name=searchWords]")).to_have_value(re.compile("theirs"))
    assert await network.value("SELECT inn FROM catalog.treatment WHERE id = $1", entry["id"]) == "Inn of mine"
    await page.locator("[name='translations.0.name']").fill(f"Soin {number}")
    await press(page, words["save"])
    await expect(heading(page, f"Soin {number}" if language == "fr" else name)).to_be_visible()
    await expect(page.locator("[name=name]")).to_have_value(name)
    assert await network.value("SELECT name FROM catalog.treatment WHERE id = $1", entry["id"]) == name
    await press(page, words["retire"])
    await expect(page.locator("#state .badge")).to_have_text(words["retired"])
    await found.open("/staff/translations")
    await page.locator("main h1").wait_for()
    await look(found, f"staff-translations-{language}")


@languages
async def test_an_editor_sets_the_indicators_of_a_community(visit: Visiting, network: Network, language: str) -> None:
    words = {
        "en": ("Its indicators", "Move up {}", "Remove {}", "Save the list"),
        "fr": ("Ses indicateurs", "Monter {}", "Retirer {}", "Enregistrer la liste"),
    }[language]
    title, up, remove, save = words
    slug = {"en": "psoriasis", "fr": "migraine"}[language]
    community = await network.value("SELECT id FROM catalog.community WHERE slug = $1", slug)
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await staff(found, network, language, StaffRole.CATALOGUE_EDITOR)
    await found.open(f"/staff/catalogue/communities/com_{community}")
    lists = page.locator("details.sequence", has_text=title)
    await lists.locator("summary").click()
    rows = lists.locator("li > span:first-child")
    first, second, *others = await rows.all_inner_texts()
    await expect(lists.get_by_role("button", name=save)).to_be_disabled()
    await lists.get_by_role("button", name=up.format(second), exact=True).click()
    await lists.get_by_role("button", name=remove.format(others[-1]), exact=True).click()
    await look(found, f"staff-community-lists-{language}", dark=language == "en")
    await lists.get_by_role("button", name=save).click()
    await expect(page.locator(".notice.good")).to_be_visible()
    await page.reload()
    await lists.locator("summary").click()
    await expect(rows).to_have_text([second, first, *others[:-1]])
    # One is found by a search, and added at the end.
    await lists.locator("[type=search]").fill(others[-1])
    await lists.locator(".picker li button", has_text=others[-1]).first.click()
    await lists.get_by_role("button", name=save).click()
    await expect(page.locator(".notice.good")).to_be_visible()
    await page.reload()
    await lists.locator("summary").click()
    await expect(rows).to_have_text([second, first, *others])


@languages
async def test_an_editor_finds_the_condition_of_a_new_community(
    visit: Visiting, network: Network, language: str
) -> None:
    words, number = WORDS[language], next(NUMBERS)
    for each in range(40):  # more than a page of a list, all of them before the one that is sought
        await factories.condition(network.database, name=f"Aa disease {number} {each}")
    french = json.dumps({"fr": {"name": f"Maux rares {number}"}})
    condition = await factories.condition(
        network.database, name=f"Zz disease {number}", orpha=str(900_000 + number), translations=french
    )
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await staff(found, network, language, StaffRole.CATALOGUE_EDITOR)
    shown = f"Maux rares {number}" if language == "fr" else f"Zz disease {number}"
    await found.open("/staff/catalogue/conditions")
    await page.locator("[type=search]").fill(f"mal rare {number}")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody a")).to_have_text(shown)
    await found.open("/staff/catalogue/communities/new")
    await page.locator("[type=search]").fill(f"ORPHA:{900_000 + number}")
    await page.get_by_label(shown).check()
    await look(found, f"staff-new-community-{language}")
    await fill(page, name=f"For rare pain {number}", description="For those who live with it.")
    await press(page, words["create entry"])
    await page.locator("#history").wait_for()
    assert await network.count("catalog.community", condition_id=condition["id"]) == 1


@languages
async def test_an_editor_decides_on_proposals(visit: Visiting, network: Network, language: str) -> None:
    words = WORDS[language]
    names = [f"Proposal {next(NUMBERS)}" for _ in range(2)]
    for name in names:
        await factories.catalogue_proposal(network.database, name=name)
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await staff(found, network, language, StaffRole.CATALOGUE_EDITOR)
    await found.open("/staff/proposals")
    proposal = case(page, names[0])
    await proposal.get_by_role("button", name=words["decide …"]).click()
    await proposal.locator("[value=decline]").check()
    await proposal.get_by_role("textbox").fill("It is a brand.")
    await look(found, f"staff-proposals-{language}")
    await proposal.get_by_role("button", name=words["decide"], exact=True).click()
    await expect(proposal).to_have_count(0)


@languages
async def test_an_administrator_invites_and_roles_wait_for_a_second_factor(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    name = f"Nour {next(NUMBERS)}"
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await staff(found, network, language)
    await look(found, f"staff-home-all-{language}")
    await found.open("/staff/team")
    await page.locator("article.case").first.wait_for()
    await fill(page, name=name, email=f"{name.lower().replace(' ', '-')}@people.example")
    await page.locator("section:has(#invite) [name='roles.MODERATOR']").check()
    await press(page, words["invite"])
    await expect(page.locator(".notice.good")).to_contain_text(name)
    more = page.get_by_role("button", name=words["next"])
    await page.wait_for_timeout(1_000)  # the list is read again
    while await case(page, name).count() == 0 and await more.count():
        await more.click()
        await page.wait_for_timeout(1_000)
    await expect(case(page, name)).to_contain_text(words["no factor"])
    await look(found, f"staff-team-{language}")
    await case(page, name).get_by_role("button", name=words["suspend staff"]).click()
    await expect(case(page, name)).to_contain_text(words["is suspended"])


async def test_another_filter_begins_at_the_first_page(visit: Visiting, network: Network) -> None:
    for number in range(11):  # one more than a page has
        await flagged(network, f"Flagged for a second page {number}")
    found = await visit(None)
    page = found.page
    await staff(found, network, "en", StaffRole.MODERATOR)
    await found.open("/staff/flags")
    await press(page, WORDS["en"]["next"])
    previous = page.locator(".pager button:enabled", has_text="Previous page")
    await expect(previous).to_have_count(1)
    await fill(page, status="")
    await expect(previous).to_have_count(0)


@languages
async def test_waves_of_a_community_are_listed_and_frozen(visit: Visiting, network: Network, language: str) -> None:
    words = WORDS[language]
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await staff(found, network, language, StaffRole.SURVEY_MANAGER)
    await found.open("/staff/waves")
    await page.locator("[name=community]").select_option("multiple-sclerosis")
    await fill(page, wave="x" * 61)
    await page.locator("[name='offeredTo.HOSPITAL']").check()
    await press(page, words["freeze"])
    await expect(page.locator(".field:has([name=wave]) .fault")).not_to_be_empty()
    await look(found, f"staff-waves-{language}")
    # Of a community without members, so that it is too small.
    community = await factories.community(network.database, name=f"A community {next(NUMBERS)}")
    await page.reload()
    await page.locator("[name=community]").select_option(community["slug"])
    await fill(page, wave="Spring")
    await page.locator("[name='offeredTo.HOSPITAL']").check()
    await press(page, words["freeze"])
    await expect(page.locator(":focus .notice.good")).to_contain_text("Spring")
    row = page.locator("tbody tr", has_text="Spring")
    await expect(row.locator(".badge")).to_have_text(re.compile(rf"^{words['being frozen']} 0\s?%$"))
    await look(found, f"staff-wave-freezing-{language}", dark=language == "fr")
    await network.freeze()
    await expect(row.locator(".badge")).to_have_text(words["too small"])  # without a reload


@languages
async def test_an_open_survey_is_closed_and_its_freezing_is_followed(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    # With days left: the server closes those that have none, within half a minute.
    closes_on = await network.value("SELECT catalog.latest_today() + 30")
    survey = await factories.survey(network.database, title=f"Rest {next(NUMBERS)}", closes_on=closes_on)
    await factories.question(network.database, survey_id=survey["id"])
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await staff(found, network, language, StaffRole.SURVEY_MANAGER)
    await found.open(f"/staff/surveys/svy_{survey['id']}")
    await press(page, words["close survey"])
    await look(found, f"staff-survey-close-{language}", narrow=False)
    await page.locator("dialog").get_by_role("button", name=words["close now"]).click()
    standing = page.locator("section:has(#standing)")
    await expect(standing.locator(":focus .notice.good")).to_be_visible()
    await expect(standing).to_contain_text(words["answers frozen"])
    await network.freeze()
    await expect(standing).to_contain_text(words["too few"])  # without a reload
    await look(found, f"staff-survey-closed-{language}")


@languages
async def test_a_moderator_sets_the_second_factor_that_the_role_waits_for(
    visit: Visiting, network: Network, language: str
) -> None:
    words = browse_account.WORDS[language]
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await staff(found, network, language, roles=[], withheld_roles=["MODERATOR"], has_second_factor=False)
    await expect(page.locator(".cards a")).to_have_count(0)
    await page.locator(".notice.fault a").click()
    await expect(page.locator("#factors")).to_be_visible()
    await look(found, f"staff-security-{language}")
    section = page.locator("section:has(#factors)")
    await section.locator("summary").click()
    await section.locator("[name=name]").fill("Telephone")
    await section.locator("[name=password]").fill(PASSWORD)
    await section.get_by_role("button", name=words["continue"]).click()
    secret = (await section.locator(".secret").inner_text()).replace(" ", "")
    await section.locator("[name=totp]").fill(pyotp.TOTP(secret).now())
    await section.get_by_role("button", name=words["confirm"]).click()
    codes = await section.locator(".codes code").all_inner_texts()
    found.secrets |= {secret, *codes}
    await section.get_by_role("button", name=words["stored"]).click()
    await page.locator(".header a[href='/staff']").click()
    await expect(page.locator(".cards a[href='/staff/flags']")).to_be_visible()
    await expect(page.locator(".notice.fault")).to_have_count(0)


async def test_roles_decide_which_pages_open(visit: Visiting, network: Network) -> None:
    found = await visit("/")
    page = found.page
    await staff(found, network, "en", StaffRole.SURVEY_MANAGER, withheld_roles=["MODERATOR"], has_second_factor=False)
    await expect(page.locator(".notice.fault")).to_contain_text("Set a second factor to use these roles: moderator")
    await expect(page.locator(".cards a")).to_have_count(3)
    await look(found, "staff-home-withheld")
    await found.open("/staff/flags")
    await expect(page.locator("main")).to_contain_text("Your roles do not include this page")
    await expect(page.locator("article.case")).to_have_count(0)
    await look(found, "staff-forbidden", narrow=False)
