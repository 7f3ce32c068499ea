"""The demonstration network in French: every text of its catalogue and surveys, and who reads it."""

import json
import re

import asyncpg
import pytest

from commands.demonstration import french_catalogue
from commands.demonstration.care import OTHER_TREATMENTS
from commands.demonstration.conditions import DISEASES
from commands.demonstration.discussions import FLAG_NOTES
from commands.demonstration.french_surveys import FRENCH_QUESTIONS
from commands.demonstration.questionnaires import TITLES
from commands.demonstration.rare_conditions import RARER_DISEASES
from commands.demonstration.sign_ins import KEY_NAMES, PURPOSES, REASON
from models.identity.organizations import OrganizationKind
from tests.support.client import Ask, Caller

# The columns that must be in French, unless they are null in English.
TRANSLATED = {
    "condition": ("name",),
    "community": ("name", "description"),
    "indicator": ("name", "lay_names"),
    "survey": ("title", "description"),
    "question": ("text", "help"),
    "question_option": ("label",),
}
# Units that are not symbols, and so differ from language to language.
WORDED_UNITS = {
    "beats/min": "battements/min",
    "steps": "pas",
    "days": "jours",
    "seizures": "crises",
    "mIU/L": "mUI/L",
    "% of predicted": "% de la valeur attendue",
}


@pytest.mark.parametrize("table", TRANSLATED)
async def test_every_text_is_in_french(table: str, admin: asyncpg.Connection) -> None:
    columns = TRANSLATED[table]
    rows = await admin.fetch(f"select {', '.join(columns)}, translations from catalog.{table}")
    assert rows
    for row in rows:
        french = json.loads(row["translations"])["fr"]
        assert {column for column in columns if row[column] is not None} == french.keys() - {"unit"}, dict(row)
        assert all(french[column] for column in french if column != "lay_names"), dict(row)
        texts = " ".join(text for text in french.values() if isinstance(text, str))
        assert not re.search(r"[{}]|\bde (le|les|du)\b", texts), texts
        assert not re.search(r"\w'\w| [:;!?]", texts), texts


async def test_no_question_or_survey_has_its_english_text(admin: asyncpg.Connection) -> None:
    for table, column in (("survey", "title"), ("survey", "description"), ("question", "text"), ("question", "help")):
        same = f"select {column} from catalog.{table} where translations -> 'fr' ->> '{column}' = {column}"
        assert await admin.fetch(same) == []


async def test_every_unit_of_words_is_in_french(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch("select unit, translations -> 'fr' ->> 'unit' as french from catalog.indicator")
    assert {(row["unit"], row["french"]) for row in rows if row["unit"] in WORDED_UNITS} == set(WORDED_UNITS.items())
    symbols = {row["unit"] for row in rows if row["unit"] and row["french"] is None}
    assert not {unit for unit in symbols if re.search(r"[a-z]{4}", unit)} - {"mmol/L"}


async def test_treatments_have_a_french_name_unless_it_is_the_same(admin: asyncpg.Connection) -> None:
    """Only medicines may have the same name in both languages, and only if no word of it is an English one."""
    rows = await admin.fetch("select name, kind, inn, words, translations from catalog.treatment")
    english_words = re.compile(r"\b(acid|and|with|toxin|acetate|sulfate|oxybate|human|insulin|beta)\b", re.IGNORECASE)
    for row in rows:
        french = json.loads(row["translations"]).get("fr", {}).get("name")
        if french is None:
            assert row["inn"], row["name"]
            assert not english_words.search(row["name"]), row["name"]
        else:
            assert french.replace("’", "'").lower() in row["words"].lower(), row["name"]
    names = {row["name"]: json.loads(row["translations"])["fr"]["name"] for row in rows if row["translations"] != "{}"}
    assert names["Valproic acid"] == "Acide valproïque"
    assert names["Methotrexate"] == "Méthotrexate"
    assert names["Prednisone"] == "Prednisone"  # and not "Cortisone", by which people find it
    assert names["Physiotherapy"] == "Kinésithérapie"


@pytest.mark.parametrize("table", ["community", "indicator", "treatment"])
async def test_searches_find_every_french_name(table: str, admin: asyncpg.Connection) -> None:
    lost = await admin.fetch(
        f"select name, translations from catalog.{table} where translations -> 'fr' ? 'name'"
        f" and not search @@ catalog.search_query(translations -> 'fr' ->> 'name')"
    )
    assert lost == []


async def test_french_names_of_indicators_and_treatments_are_unique(admin: asyncpg.Connection) -> None:
    for table in ("indicator", "treatment", "condition", "community"):
        found = await admin.fetch(
            f"select coalesce(translations -> 'fr' ->> 'name', name) as shown from catalog.{table}"
            f" group by 1 having count(*) > 1"
        )
        assert found == []


async def test_the_accounts_read_the_languages_of_their_callers(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch(
        "select split_part(email, '@', 1) as name, locale from identity.account where email like '%@demo.example'"
    )
    english = {row["name"] for row in rows if row["locale"] == "en-GB"}
    assert english == {"laboratory", "manager"}
    assert {row["locale"] for row in rows if row["name"] not in english} == {"fr-FR"}


async def test_organizations_write_in_the_language_that_their_users_read(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch(
        "select distinct a.locale, o.kind, l.purpose, l.reason, k.name from identity.account a"
        " join insight.organization o on o.id = a.organization_id join insight.licence l on l.organization_id = o.id"
        " left join insight.api_key k on k.organization_id = o.id"
    )
    assert {row["kind"] for row in rows} == set(OrganizationKind)
    for row in rows:
        language = 0 if row["locale"] == "en-GB" else 1
        assert row["purpose"] in {each[language] for each in PURPOSES[row["kind"]]}, dict(row)
        assert row["reason"] in (None, REASON[language])
        assert row["name"] in KEY_NAMES[language]


async def test_organizations_of_both_languages_license_insights(admin: asyncpg.Connection) -> None:
    written = {row["purpose"] for row in await admin.fetch("select distinct purpose from insight.licence")}
    english, french = ({text[at] for texts in PURPOSES.values() for text in texts} for at in (0, 1))
    assert written <= english | french
    assert written & english
    assert len(written & french) > len(written & english)


@pytest.mark.parametrize("table", ["consent", "consent_change"])
async def test_members_consented_to_the_notice_in_their_language(table: str, admin: asyncpg.Connection) -> None:
    rows = await admin.fetch(
        "select distinct a.locale, c.notice_language from identity.account a"
        f" join research.{table} c on c.member_id = a.member_id where c.demonstration"
    )
    assert {tuple(row) for row in rows} == {("fr-FR", "FR"), ("en-GB", "EN")}


async def test_discussions_are_in_both_languages_and_mostly_in_french(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch("select language, count(*) as posts from care.post where demonstration group by 1")
    posts = {row["language"]: row["posts"] for row in rows}
    assert posts.keys() == {"FR", "EN"}
    assert posts["FR"] > posts["EN"] > 0


async def test_members_flag_posts_in_their_language(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch(
        "select distinct a.locale, f.note from identity.account a join care.flag f using (member_id)"
        " where f.note is not null"
    )
    assert {row["locale"] for row in rows} == {"fr-FR", "en-GB"}
    for row in rows:
        assert row["note"] in FLAG_NOTES[row["locale"] == "fr-FR"], dict(row)


def test_the_data_names_what_the_demonstration_has() -> None:
    assert french_catalogue.CONDITIONS.keys() == {disease.slug for disease in (*DISEASES, *RARER_DISEASES)}
    for title, _, questions in TITLES:
        french = FRENCH_QUESTIONS[title]
        assert french.keys() == {question.key for question in questions}
        for question in questions:
            assert (french[question.key].help is None) == (question.help is None)
            if question.key != "symptoms":
                assert french[question.key].labels.keys() == dict(question.options).keys()
    for lines in OTHER_TREATMENTS.values():
        assert all(line.split("|")[1].strip() for line in lines.strip().splitlines())


@pytest.mark.parametrize(
    ("slug", "name", "of_name"),
    [
        ("type-2-diabetes", "Diabète de type 2", "du diabète de type 2"),
        ("migraine", "Migraine", "de la migraine"),
        ("endometriosis", "Endométriose", "de l'endométriose"),
        ("epilepsy", "Épilepsie", "de l'épilepsie"),
        ("hiv", "Infection par le VIH", "de l'infection par le VIH"),
    ],
)
def test_conditions_in_sentences(slug: str, name: str, of_name: str) -> None:
    assert french_catalogue.condition_name(slug) == name
    assert french_catalogue.in_sentence("{of_c}", slug) == of_name


SEARCH = """
    communities(search: "mal de tete") { nodes { slug name } }
    indicators(search: "mal de tete") { slug name layNames matched(search: "mal de tete") { name language } }
"""


async def test_a_search_in_french_shows_french_names(ask: Ask, patient: Caller, laboratory: Caller) -> None:
    for caller, operation, shown, lay in (
        (patient, f"{{ {SEARCH} }}", "Maux de tête", "Mal de tête"),
        (patient, f"query @inContext(language: EN) {{ {SEARCH} }}", "Headache", "Headaches"),
        (laboratory, f"{{ {SEARCH} }}", "Headache", "Headaches"),
        (Caller("anybody"), f"query @inContext(language: FR) {{ {SEARCH} }}", "Maux de tête", "Mal de tête"),
    ):
        found = (await ask(caller, operation))["data"]
        assert {"slug": "migraine", "name": "Migraine"} in found["communities"]["nodes"]
        (headache,) = [indicator for indicator in found["indicators"] if indicator["slug"] == "headache"]
        assert headache["name"] == shown
        assert lay in headache["layNames"]
        assert headache["matched"] == {"name": "Maux de tête", "language": "FR"}
