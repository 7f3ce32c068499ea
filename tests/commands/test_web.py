"""Building the pages: only when something has changed, and never by halves."""

from collections.abc import Callable
from pathlib import Path

import pytest

from commands import node, web


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Yields a copy of the layout of web/, with a lock of Node's; the programs are replaced by fakes."""
    folder = tmp_path / "web"
    (folder / "src").mkdir(parents=True)
    (folder / "package-lock.json").write_text("{}")
    (folder / "src" / "main.ts").write_text("one")
    (tmp_path / "web.lock").write_text("nodejs==1")
    monkeypatch.setattr(node, "ROOT", tmp_path)
    monkeypatch.setattr(web, "WEB", folder)
    monkeypatch.setattr(web, "BUILT", folder / "dist")
    monkeypatch.setattr(web, "STAMP", folder / "dist" / "inputs")
    monkeypatch.setattr(web, "NODE_LOCK", tmp_path / "web.lock")
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "public.graphql").write_text("type Query")
    monkeypatch.setattr(web, "SDL", tmp_path / "views")
    return folder


@pytest.fixture
def runs(sources: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Yields the programs that were run, by their first words; Vite's writes an asset."""
    found: list[str] = []

    def run(script: Path, *words: str, folder: Path, more: object = None) -> None:
        found.append(" ".join((script.name, *words[:1])))
        if words[:1] == ("build",):
            (folder / "dist" / "assets").mkdir(parents=True, exist_ok=True)
            (folder / "dist" / "assets" / "main-1.js").write_text("built")
        if words[:1] == ("ci",):
            (folder / "node_modules").mkdir(exist_ok=True)

    monkeypatch.setattr(node, "run", run)
    monkeypatch.setattr(node, "node_folder", lambda: sources)
    monkeypatch.setattr(node, "version", lambda name: "1")
    return found


def test_pages_are_built_once(runs: list[str], sources: Path) -> None:
    assert web.build() is True
    assert runs == ["npm-cli.js ci", "vite.js build"]
    assert {path.name for path in (sources / "dist" / "assets").iterdir()} == {
        "main-1.js",
        "main-1.js.br",
        "main-1.js.gz",
    }
    (sources / "screenshots").mkdir()
    generated = sources / "src" / "public"
    for folder in ("node_modules", "dist", "screenshots", "generated"):
        (sources / folder).mkdir(exist_ok=True)
        (sources / folder / "more").write_text("what is written there is no input")
    generated.mkdir()
    (generated / "terms.ts").write_text("what is generated from operations is no input")
    assert web.build() is False
    assert len(runs) == 2


def a_source_changes(folder: Path) -> None:
    (folder / "src" / "main.ts").write_text("two")


def a_source_is_added(folder: Path) -> None:
    (folder / "src" / "more.ts").write_text("")


def a_source_is_renamed(folder: Path) -> None:
    (folder / "src" / "main.ts").rename(folder / "src" / "other.ts")


def text_moves_between_files(folder: Path) -> None:
    (folder / "src" / "main.ts").write_text("")
    (folder / "src" / "main.tss").write_text("one")


def an_operation_changes(folder: Path) -> None:
    (folder / "src" / "public").mkdir()
    (folder / "src" / "public" / "terms.graphql").write_text("query Terms { terms { text } }")


def the_sdl_changes(folder: Path) -> None:
    (folder.parent / "views" / "public.graphql").write_text("type Query { terms: Terms }")


def node_changes(folder: Path) -> None:
    (folder.parent / "web.lock").write_text("nodejs==2")


@pytest.mark.parametrize(
    "change",
    [
        a_source_changes,
        a_source_is_added,
        a_source_is_renamed,
        text_moves_between_files,
        an_operation_changes,
        the_sdl_changes,
        node_changes,
    ],
)
def test_what_decides_a_build_builds_it_again(runs: list[str], sources: Path, change: Callable[[Path], None]) -> None:
    web.build()
    change(sources)
    assert web.build() is True
    assert runs == ["npm-cli.js ci", "vite.js build", "vite.js build"]  # the packages are those of before
    assert web.build() is False


def test_packages_are_installed_again_if_their_lock_changes(runs: list[str], sources: Path) -> None:
    web.build()
    (sources / "package-lock.json").write_text("{ }")
    web.build()
    assert runs.count("npm-cli.js ci") == 2


def test_a_build_that_fails_is_not_taken_for_done(
    runs: list[str], sources: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    web.build()
    a_source_changes(sources)

    def fail(*_: object, **__: object) -> None:
        raise node.NodeFailed("vite.js build failed in web; the lines above say why.")

    with monkeypatch.context() as patched:
        patched.setattr(node, "run", fail)
        patched.setattr("sys.argv", ["web"])
        assert web.main() == 1
        assert capsys.readouterr().err == "vite.js build failed in web; the lines above say why.\n"
    assert web.build() is True


def test_without_node_nothing_is_touched(
    runs: list[str], sources: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    web.build()
    a_source_changes(sources)
    built = sorted((sources / "dist").rglob("*"))

    def missing() -> Path:
        raise node.NodeMissing("Node is not installed: `make pages` installs it.")

    monkeypatch.setattr(node, "node_folder", missing)
    monkeypatch.setattr("sys.argv", ["web"])
    assert web.main() == 1
    assert "make pages" in capsys.readouterr().err
    assert sorted((sources / "dist").rglob("*")) == built


def test_operations_are_checked_against_the_sdl_before_the_types(runs: list[str], sources: Path) -> None:
    (sources / "tests").mkdir()
    (sources / "tests" / "rules.test.ts").write_text("test")
    web.check()
    assert [run for run in runs if not run.startswith("npm")] == ["operations.ts", "tsc --noEmit", "rules.test.ts"]
