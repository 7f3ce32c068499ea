"""docs/conformance.md is what `make conformance` would write of its results, with today's versions and lists."""

from tests.clients.results import PAGE, expected, page, results_of


def test_the_page_has_the_versions_the_probes_and_the_requirements_of_this_tree() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(results_of(text)) == text, "run `make conformance`, and commit docs/conformance.md"


def test_the_page_has_a_result_of_each_suite_for_each_of_its_callers() -> None:
    results = results_of(PAGE.read_text(encoding="utf-8"))
    assert list(results) == expected()
    assert all(results.values())
