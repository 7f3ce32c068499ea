"""A breaking change of a view stands in the changelog, with what clients have to do."""

import tomllib
from functools import cache
from pathlib import Path

import pytest
from graphql import build_schema, find_schema_changes

from commands import compatibility, sdl
from commands.compatibility import CHANGELOG, FOLDER, HEADING, ROOT, compared, without_descriptions

printed = cache(sdl.printed)

OLD = """
directive @marked(level: Int) repeatable on FIELD | QUERY

type Query {
  plain: Int!
  find(text: String, most: Int = 5): Found
  other(given: Given): String
}

type Mutation {
  add: AddPayload!
  drop: DropPayload!
}

type AddPayload { query: Query }
type DropPayload { query: Query }
interface Node { id: ID! }
type Post implements Node { id: ID! }
type Tag { name: String }
union Found = Post | Tag
enum Kind { ONE TWO }
input Given { text: String, most: Int = 5 }
"""
BREAKING = [
    # what is replaced in OLD, what by, and how the changelog must name it
    ("  plain: Int!\n", "", "Field Query.plain was removed."),
    ("plain: Int!", "plain: Int", "Field Query.plain changed type from Int! to Int."),
    ("plain: Int!", "plain(of: Int!): Int!", "A required argument Query.plain(of:) was added."),
    ("text: String, most: Int = 5):", "most: Int = 5):", "Argument Query.find(text:) was removed."),
    (
        "find(text: String,",
        "find(text: String!,",
        "Argument Query.find(text:) has changed type from String to String!.",
    ),
    ("most: Int = 5):", "most: Int = 6):", "Query.find(most:) has changed defaultValue from 5 to 6."),
    ("most: Int = 5 }", "most: Int }", "Given.most defaultValue was removed."),
    ("input Given { text: String,", "input Given {", "Field Given.text was removed."),
    ("input Given {", "input Given { more: Int!", "A required field Given.more was added."),
    ("ONE TWO", "ONE", "Enum value Kind.TWO was removed."),
    ("= Post | Tag", "= Post", "Tag was removed from union type Found."),
    ("Post implements Node", "Post", "Post no longer implements interface Node."),
    ("enum Kind { ONE TWO }", "", "Kind was removed."),
    ("enum Kind { ONE TWO }", "scalar Kind", "Kind changed from an Enum type to a Scalar type."),
    (" repeatable", "", "Repeatable flag was removed from @marked."),
    (" | QUERY", "", "QUERY was removed from @marked."),
    ("(level: Int)", "", "Argument @marked(level:) was removed."),
    ("directive @marked(level: Int) repeatable on FIELD | QUERY\n", "", "Directive @marked was removed."),
]


def test_a_removed_default_of_null_breaks_nothing() -> None:
    old, new = OLD.replace("most: Int = 5 }", "most: Int = null }"), OLD.replace("most: Int = 5 }", "most: Int }")
    assert compared({"v.graphql": old}, {"v.graphql": new}, changelog()).unlisted == {}
    changed = OLD.replace("most: Int = 5 }", "most: Int = 6 }")
    assert compared({"v.graphql": old}, {"v.graphql": changed}, changelog()).unlisted != {}


def changelog(*entries: str) -> str:
    lines = "\n".join(f"- `{entry}` Do this instead." for entry in entries)
    return (
        f"# Changelog\n\n## Unreleased\n\n- Something.\n\n{HEADING}\n\n{lines}\n\n## 0.1.0 (2026-11-23)\n\n- First.\n"
    )


@pytest.mark.parametrize(("replaced", "by", "named"), BREAKING)
def test_a_breaking_change_is_found_in_its_views_unless_the_changelog_lists_it(
    replaced: str, by: str, named: str
) -> None:
    assert OLD.count(replaced) == 1
    released = {"buyer.graphql": OLD, "patient.graphql": OLD, "public.graphql": OLD}
    current = released | dict.fromkeys(["buyer.graphql", "patient.graphql"], OLD.replace(replaced, by))
    assert compared(released, current, changelog()).unlisted == {named: ["buyer", "patient"]}
    complete = compared(released, current, changelog(named))
    assert (complete.unlisted, complete.stale) == ({}, [])


@pytest.mark.parametrize(
    ("replaced", "by"),
    [
        ("plain: Int!", "plain(of: Int): Int!"),
        ("find(text: String", "find(more: Int, text: String"),
        ("most: Int = 5 }", "most: Int = 5, more: Int }"),
        ("most: Int = 5):", 'most: Int = 5 @deprecated(reason: "Use text.")):'),
        ("ONE TWO", "ONE TWO THREE"),
        ("query: Query }\ntype Drop", "query: Query! }\ntype Drop"),
    ],
)
def test_what_breaks_no_document_needs_no_entry(replaced: str, by: str) -> None:
    assert OLD.count(replaced) == 1
    result = compared({"buyer.graphql": OLD}, {"buyer.graphql": OLD.replace(replaced, by)}, changelog())
    assert (result.unlisted, result.stale) == ({}, [])


def test_an_entry_with_stars_stands_for_one_name_at_a_time() -> None:
    entry = "Field Mutation.* changed type from *Payload! to *Payload."
    nullable = OLD.replace("AddPayload!", "AddPayload").replace("DropPayload!", "DropPayload")
    swapped = nullable.replace("drop: DropPayload", "drop: AddPayload")
    assert compared({"a.graphql": OLD}, {"a.graphql": nullable}, changelog(entry)).unlisted == {}
    assert compared({"a.graphql": OLD}, {"a.graphql": swapped}, changelog(entry)).unlisted == {
        "Field Mutation.drop changed type from DropPayload! to AddPayload.": ["a"]
    }


@pytest.mark.parametrize(
    "text",
    [
        changelog().replace(
            "## 0.1.0 (2026-11-23)\n", f"## 0.1.0 (2026-11-23)\n\n{HEADING}\n\n- `Kind was removed.`\n"
        ),
        changelog().replace("- Something.", "- `Kind was removed.`"),
        changelog("Field Kind was removed."),
        changelog("Kind was removed"),
        "# Changelog\n",
        "",
    ],
)
def test_only_the_section_of_the_next_release_counts(text: str) -> None:
    current = OLD.replace("enum Kind { ONE TWO }", "")
    assert compared({"a.graphql": OLD}, {"a.graphql": current}, text).unlisted == {"Kind was removed.": ["a"]}


def test_an_entry_that_fits_no_change_is_stale() -> None:
    result = compared({"a.graphql": OLD}, {"a.graphql": OLD}, changelog("Kind was removed."))
    assert (result.unlisted, result.stale) == ({}, ["Kind was removed."])


def test_a_view_may_be_new_but_not_removed() -> None:
    assert compared({}, {"a.graphql": OLD}, changelog()).unlisted == {}
    assert compared({"a.graphql": OLD}, {}, changelog()).unlisted == {"View a was removed.": ["a"]}


def test_the_changelog_lists_every_breaking_change_since_the_last_release() -> None:
    result = compared(compatibility.released(), printed(), CHANGELOG.read_text(encoding="utf-8"))
    assert (result.unlisted, result.stale) == ({}, []), "run `python -m commands.compatibility`"


def test_the_stored_release_is_the_newest_of_the_changelog_and_the_packages_version() -> None:
    (folder,) = FOLDER.iterdir()
    package = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert compatibility.versions(CHANGELOG.read_text(encoding="utf-8"))[0] == folder.name == package
    assert {path.name for path in folder.iterdir()} == set(printed())


def test_a_release_replaces_the_stored_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, folder = tmp_path / "CHANGELOG.md", tmp_path / "released"
    log.write_text(changelog().replace("## 0.1.0", "## 0.2.0 (2026-12-01)\n\n- Second.\n\n## 0.1.0"), encoding="utf-8")
    (folder / "0.1.0").mkdir(parents=True)
    monkeypatch.setattr(compatibility, "CHANGELOG", log)
    monkeypatch.setattr(compatibility, "FOLDER", folder)
    monkeypatch.setattr(compatibility, "printed", printed)
    for wrong in ("0.1.0", "0.3.0"):
        with pytest.raises(ValueError, match=f"is not {wrong}"):
            compatibility.release(wrong)
    assert [path.name for path in folder.iterdir()] == ["0.1.0"]
    compatibility.release("0.2.0")
    assert [path.name for path in folder.iterdir()] == ["0.2.0"]
    result = compared(compatibility.released(), printed(), changelog())
    assert (result.unlisted, result.stale) == ({}, [])


@pytest.mark.parametrize("name", ["public", "patient", "buyer", "manager"])
def test_sdl_without_descriptions_is_the_same_schema(name: str) -> None:
    sdl = printed()[f"{name}.graphql"]
    bare = without_descriptions(sdl)
    assert '"""' not in bare
    kinds = {change.type.name for change in find_schema_changes(build_schema(sdl), build_schema(bare))}
    assert kinds == {"DESCRIPTION_CHANGED"}
