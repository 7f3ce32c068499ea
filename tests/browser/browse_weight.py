"""What a browser loads before the first page of a member is there."""

import json
from collections.abc import Iterator

from commands.node import ROOT

BUILT = ROOT / "web" / "dist"
MOST = 200_000  # bytes of JavaScript, compressed
FIRST = ("index.html", "src/pages/member/HomePage.tsx")


def files_of(names: tuple[str, ...]) -> Iterator[str]:
    """The scripts of these entries and of everything that they import, without what they load later."""
    known = json.loads((BUILT / "files.json").read_text(encoding="utf-8"))
    seen: set[str] = set()
    wanted = list(names)
    while wanted:
        name = wanted.pop()
        if name not in seen:
            seen.add(name)
            wanted.extend(known[name].get("imports", ()))
            yield known[name]["file"]


def test_a_members_first_page_is_light() -> None:
    scripts = [BUILT / file for file in files_of(FIRST)]
    assert all(path.suffix == ".js" for path in scripts)
    forms = [path.with_name(f"{path.name}.gz") for path in scripts]
    size = sum((form if form.exists() else path).stat().st_size for form, path in zip(forms, scripts, strict=True))
    assert 30_000 < size < MOST
    assert [path.name for path in scripts if "graphiql" in path.name or "monaco" in path.name] == []
