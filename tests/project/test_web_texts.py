"""The texts of the pages: French as printers set it, and all of them in the files that have both languages."""

import re
from pathlib import Path

import pytest

from commands.node import ROOT

FILES = sorted(ROOT.glob("web/src/**/texts.ts"))
STRING = re.compile(r'"[^"\n]*"|`[^`]*`')


def french(path: Path) -> list[str]:
    """The French strings of a file."""
    return STRING.findall(path.read_text(encoding="utf-8").partition("\n  fr: {")[2])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.parent.name))
def test_french_has_its_own_apostrophes_and_spaces(path: Path) -> None:
    texts = french(path)
    assert texts
    assert [text for text in texts if re.search(r"\w'\w| [?!;:»]|« |\.\.\.", text)] == []


def test_texts_are_in_their_files() -> None:
    written = [
        f"{path.name}: {found}"
        for path in ROOT.glob("web/src/pages/*/*.tsx")
        for found in re.findall(r">\s*([A-Za-zÀ-ÿ][\w’ ,.]{3,})\s*</", path.read_text(encoding="utf-8"))
    ]
    assert written == []
