"""Checks of passwords in every normal form, and of locales as browsers send them."""

import runpy
import unicodedata
from typing import Literal

import argon2
import pytest

from resolvers.identity import passwords
from resolvers.identity.accounts_rules import LOCALE_LENGTH, PASSWORD_LENGTHS, locale_of, password_of
from resolvers.identity.passwords import HASHER, hash_password, normalized, verify_password
from resolvers.transactions import Refused

FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")
PASSWORDS = [
    "pâte à crêpes",
    "mot de passe ﬁnal",
    "ｓｅｖｅｎ lamps",
    "seven\u00a0green lamps",
    "Ångström Ångström",
    "한국어 비밀번호",
]
LOCALES = [
    ("fr", "fr"), ("FR", "fr"), ("fr-fr", "fr-FR"), ("fr-FR", "fr-FR"), ("en-US", "en-US"), ("EN-us", "en-US"),
    ("es-419", "es-419"), ("zh-Hant-TW", "zh-Hant-TW"), ("zh-hans", "zh-Hans"), ("ZH-HANT-tw", "zh-Hant-TW"),
    ("sr-Latn-RS", "sr-Latn-RS"), ("yue", "yue"), ("gsw-CH", "gsw-CH"), ("fil-PH", "fil-PH"),
    ("zh-yue-HK", "zh-yue-HK"),
    ("ca-valencia", "ca-valencia"), ("ca-ES-valencia", "ca-ES-valencia"), ("de-CH-1996", "de-CH-1996"),
    ("sl-rozaj-biske-1994", "sl-rozaj-biske-1994"), ("en-US-posix", "en-US-posix"), ("hi-Latn", "hi-Latn"),
    ("en-US-u-ca-gregory-nu-latn", "en-US-u-ca-gregory-nu-latn"), ("de-DE-u-co-phonebk", "de-DE-u-co-phonebk"),
    ("ja-JP-u-ca-japanese-x-lvariant-jp", "ja-JP-u-ca-japanese-x-lvariant-jp"),
    ("en-a-myext-b-another", "en-a-myext-b-another"),
    ("x-whatever", "x-whatever"), ("i-klingon", "i-klingon"), ("en-GB-oed", "en-GB-oed"), ("art-lojban", "art-lojban"),
    ("zh-min-nan", "zh-min-nan"), ("sgn-BE-FR", "sgn-BE-FR"),
]  # fmt: skip
NOT_LOCALES = [
    "", "-", "f", "fr_FR", "fr-", "-fr", "fr--FR", "français", "French", "fr-FRAN-FRAN", "en-x", "en-u", "de-1996-1996",
    "en-a-bb-a-cc", "fr FR", "fr-FR;q=0.8", "*", "1a", "fr-FR\n", "ſr", "fr-F\u0131", "x-", "en-US-posixposix",
]  # fmt: skip


def test_passwords_are_hashed_as_owasp_recommends() -> None:
    hasher = runpy.run_path(passwords.__file__)["HASHER"]  # not that of the tests, in tests/fixtures.py
    assert (hasher.type, hasher.time_cost, hasher.memory_cost) == (argon2.Type.ID, 2, 19_456)


@pytest.mark.parametrize("password", PASSWORDS)
async def test_a_password_is_verified_in_any_normal_form(password: str) -> None:
    made = await hash_password(password)
    typed = {password, *(unicodedata.normalize(form, password) for form in FORMS)}
    assert [await verify_password(form, made) for form in typed] == [True] * len(typed)
    assert not await verify_password(password + "x", made)
    assert not await verify_password(password[::-1], made)


@pytest.mark.parametrize("password", PASSWORDS)
async def test_a_password_that_was_hashed_as_typed_is_still_verified(password: str) -> None:
    for form in FORMS[:2]:
        typed = unicodedata.normalize(form, password)
        old = HASHER.hash(typed.encode())
        assert await verify_password(typed, old)
        assert await verify_password(unicodedata.normalize("NFC", typed), old)
        assert not await verify_password(f"{typed} ", old)
    assert await verify_password(password, HASHER.hash(password.encode()))
    assert not await verify_password(password, None)


def test_lengths_and_common_passwords_are_checked_in_the_form_that_is_hashed() -> None:
    least, most = PASSWORD_LENGTHS
    assert password_of("ﬁ" * least, path=("password",)) == "fi" * least
    for refused in (
        "e\u0301" * (least - 1), "ﷺ" * 10, "x" * (most + 1), "\u200b" * least, "\u3000" * least, "ｑｗｅｒｔｙｕｉｏｐ",
        "Ａda@people.example",
    ):  # fmt: skip
        with pytest.raises(Refused):
            password_of(refused, "ada@people.example", path=("password",))
    assert normalized("seven green lamps") == password_of("seven green lamps", path=("password",))


@pytest.mark.parametrize(("sent", "stored"), LOCALES)
def test_a_language_tag_is_stored_in_its_usual_case(sent: str, stored: str) -> None:
    assert locale_of(sent) == locale_of(sent.upper()) == locale_of(sent.lower()) == stored


@pytest.mark.parametrize("sent", [*NOT_LOCALES, "x" + "-abcdefgh" * (LOCALE_LENGTH // 9 + 1)])
def test_a_malformed_language_tag_is_refused(sent: str) -> None:
    with pytest.raises(Refused):
        locale_of(sent)
