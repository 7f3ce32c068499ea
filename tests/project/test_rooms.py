"""The layout of the tree: one name for one topic in every layer, and no name that stands for two things."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.functions import FOLDER, after_tables

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).relative_to(ROOT)
LAYERS = ("models", "resolvers", "schema")
PRODUCT = (*LAYERS, "planner", "privacy", "server", "commands")

# Each domain's topics. A topic's file has the topic's name in every layer: reads and types in TOPIC.py, mutations in
# TOPIC_mutations.py, pure rules in TOPIC_rules.py.
TOPICS = {
    "tracking": "catalogue_indicators catalogue_treatments observations own_indicators own_treatments treatments",
    "identity": "accounts api_keys associations attempts care_links credentials data_exports data_reads help_lines "
    "mail_templates members mutation_results notifications organization_users organizations outbox passwords "
    "personal_data privacy_notices readings registrations second_factors sleeping staff terms webhooks",
    "community": "appeals catalogue_changes catalogue_communities catalogue_conditions communities discussions "
    "moderation proposals sources",
    "research": "consents departures eligibility participations questions revisions surveys translations visibility",
    "insight": "analysis_plans budget_shares changes costs counted_groups counts cubes data_uses dataset_definitions "
    "datasets drawing expectations first_tables freezing groupings insight_requests insights labels ledger licences "
    "narrowing network noise_process openings positioned publications purposes quotes reconciled releases undertakings "
    "variable_texts variables",
}
KINDS = ("", "_mutations", "_rules")

# Files of models/functions that stand in their domain without the name of one of its topics.
NO_TOPIC = {
    "insight/kept_answers.sql": "tells of writes to tables of several domains, of which the last is insight",
    "tracking/viewer_rows.sql": "views of several topics: the viewer's own rows",
    "identity/email_changes.sql": "a part of credentials, as passwords.sql: codes that change an address",
    "identity/sessions.sql": "what server/callers/sessions.py calls: signing in, and the viewer of a token",
    "community/merging.sql": "as resolvers/catalogue_merging.py, for indicators and treatments alike",
    "community/pins.sql": "a part of discussions: the rules of care.pin",
    "research/news.sql": "what server/jobs/newsroom.py calls",
    "insight/timeline.sql": "what server/databases/standbys.py calls, of a table beside the ledger's",
    "insight/enrolments.sql": "a step of freezing: who is in a dataset",
    "insight/raw_rows.sql": "a step of freezing: what members' rows say of each variable",
    "insight/records.sql": "a step of freezing: raw rows become one record for each member",
    "insight/histograms.sql": "what publishing counts of the records",
    "insight/sandbox.sql": "what makes a database a sandbox, for commands/sandbox.py",
}

# Classes and aliases of one name in two modules, where both mean the same thing; a GraphQL type may always bear its
# table's name.
SAME_THING = {
    "Category": "a variable's category: as defined, stored, computed and shown",
    "Cell": "a cell of a table: as read from a cube, stored, computed and shown",
    "IndicatorTranslation": "an indicator's texts in a language: as written and read",
    "OptionTranslation": "an option's label in a language: as written and read",
    "QuestionTranslation": "a question's texts in a language: as written and read",
    "ReconciledTable": "the tables of a dataset made to agree: as computed and shown",
    "Connection": "asyncpg's connection to PostgreSQL: one that a pool may have lent, or a command's own",
    "Report": "what a command tells of its progress: loading and seeding",
    "Change": "a figure's change between two insights: as computed and shown",
    "InsightChange": "what changed between two insights: as computed and shown",
    "InsightTrend": "an insight over waves: as computed and shown",
    "MeanChange": "a mean's change between two insights: as computed and shown",
    "MeanTrend": "a mean over waves: as computed and shown",
    "ShareChange": "a share's change between two insights: as computed and shown",
    "ShareTrend": "a share over waves: as computed and shown",
    "Statistic": "a statistic of a table: as read from a cube, stored, computed and shown",
    "SurveyTranslation": "a survey's texts in a language: as written and read",
    "TerminologyCode": "a code in a system of codes: as stored, computed and shown",
    "Total": "the sums of a group: as read from a cube, computed and shown",
    "TrendPoint": "a figure of one wave: as computed and shown",
    "TrendWave": "an insight of one wave: as computed and shown",
    "Variable": "a dataset's variable: as defined, stored and shown",
}


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            inside = path.relative_to(ROOT)
            # The demonstration network is a product of its own; migrations are frozen.
            if path.name != "__init__.py" and not {"migrations", "demonstration"} & set(inside.parts):
                yield inside


@pytest.mark.parametrize("domain", TOPICS)
def test_every_module_of_a_domain_bears_a_topic_of_the_domain(domain: str) -> None:
    allowed = {topic + kind for topic in TOPICS[domain].split() for kind in KINDS}
    found = {path for layer in LAYERS for path in modules(layer) if path.parts[1] == domain}
    strangers = sorted(str(path) for path in found if path.stem not in allowed)
    assert not strangers, f"Name these after a topic of {domain}, or add the topic to TOPICS in {HERE}: {strangers}"
    unused = set(TOPICS[domain].split()) - {
        path.stem.removesuffix("_mutations").removesuffix("_rules") for path in found
    }
    assert not unused, f"No module bears these topics any more: take them out of TOPICS in {HERE}: {sorted(unused)}"


def test_every_file_of_sql_bears_a_topic_of_its_domain_or_has_a_reason() -> None:
    files = [path.relative_to(FOLDER) for path in after_tables()]
    strangers = {str(path) for path in files if path.stem not in TOPICS[path.parts[0]].split()}
    missing = sorted(strangers - NO_TOPIC.keys())
    assert not missing, f"Name these after a topic of their domain, or say why not in NO_TOPIC of {HERE}: {missing}"
    unused = sorted(NO_TOPIC.keys() - strangers)
    assert not unused, f"These are gone or bear a topic: take them out of NO_TOPIC in {HERE}: {unused}"


def test_a_topic_belongs_to_one_domain() -> None:
    topics = [topic for domain in TOPICS.values() for topic in domain.split()]
    assert sorted(topics) == sorted(set(topics))


def test_a_layer_has_the_domains_and_nothing_else_beside_its_own_machinery() -> None:
    machinery = {
        "models": {"security", "functions", "migrations"},
        "resolvers": set(),
        "schema": {"released", "roots", "views"},
    }
    for layer in LAYERS:
        folders = {path.name for path in (ROOT / layer).iterdir() if path.is_dir() and path.name != "__pycache__"}
        assert folders == set(TOPICS) | machinery[layer], layer


def test_no_file_name_serves_two_things() -> None:
    topics = {topic + kind for domain in TOPICS.values() for topic in domain.split() for kind in KINDS}
    places = defaultdict(list)
    for path in modules(*PRODUCT):
        if path.stem not in topics:
            places[path.stem].append(str(path))
    twice = {name: paths for name, paths in places.items() if len(paths) > 1}
    assert not twice, f"Rename one of each pair: {twice}"


def test_no_name_of_a_class_or_an_alias_serves_two_things() -> None:
    places = defaultdict(list)
    for path in modules(*PRODUCT):
        for name in types_of(path):
            places[name].append(path)
    twice = {
        name: [str(path) for path in paths]
        for name, paths in places.items()
        if len(paths) > 1 and name not in SAME_THING and not is_table_and_type(paths)
    }
    assert not twice, f"Rename one of each pair, or say in SAME_THING of {HERE} why both are one thing: {twice}"


def types_of(path: Path) -> set[str]:
    """The names of a module's classes and of its other types: whatever it assigns to a name in CamelCase."""
    names = set()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        match node:
            case ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign(targets=targets):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return {name for name in names if re.fullmatch(r"[A-Z]+[a-z]\w*", name)}


def is_table_and_type(paths: list[Path]) -> bool:
    return sorted(path.parts[0] for path in paths) == ["models", "schema"]


def test_every_module_of_tables_is_part_of_the_metadata() -> None:
    tables = {path for path in modules("models") if "table=True" in (ROOT / path).read_text(encoding="utf-8")}
    imported = {
        Path(*(node.module or "").split("."), f"{alias.name}.py")
        for node in ast.parse((ROOT / "models/metadata.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    missing = sorted(str(path) for path in tables - imported)
    assert not missing, f"Import these in models/metadata.py: {missing}"
