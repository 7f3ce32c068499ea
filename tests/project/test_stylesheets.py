"""Stylesheets of the application: once loaded, each stays, so that a class has its style in one of them alone."""

import re

from commands.node import ROOT

SOURCES = ROOT / "web" / "src"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
SELECTORS = re.compile(r"([^{};]+)\{")
CLASS = re.compile(r"\.[\w-]+")


def test_no_two_stylesheets_style_the_same_class() -> None:
    styled: dict[str, set[str]] = {}
    for path in SOURCES.rglob("*.css"):
        if path.is_relative_to(SOURCES / "graphiql"):  # a page of its own
            continue
        for selectors in SELECTORS.findall(COMMENT.sub("", path.read_text(encoding="utf-8"))):
            for selector in map(str.strip, selectors.split(",")):
                if CLASS.fullmatch(selector):
                    styled.setdefault(selector, set()).add(path.name)
    assert {name: files for name, files in styled.items() if len(files) > 1} == {}
    assert {".panel", ".asking"} <= set(styled)
