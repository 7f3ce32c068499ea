"""Finds and orders rows by words and names, and names of languages."""

from sqlalchemy import ARRAY, Integer, Text, case, cast, func, literal, literal_column, null

from models.community import communities
from models.languages import DEFAULT, Language
from models.messages import Message
from models.name_order import ordered_as
from models.rows import Expression, Row, Rows, ViewerIds, row, select, translated


def matches(searched: Row, text: Expression) -> Expression:
    """Whether the row has each word of the text, in another form of it too, or a word that it begins.

    A text without words matches nothing, and of one with others, words such as "de" and "the" are not required.
    """
    return searched.search.bool_op("@@")(computed_once(func.catalog.search_query(text)))


def found_order(entry: Row, viewer: ViewerIds, text: Expression) -> Expression:
    """The first key of the order of found entries of the catalogue.

    0 if the name in the viewer's language begins with the text, 1 if names in that language have all its words, 2 for
    the others.
    """
    name, _ = by_name(entry, viewer)
    start = computed_once(ordered_as(func.btrim(func.catalog.visible(text))))
    query = computed_once(func.catalog.search_query_in(text, viewer.language))
    return case(
        (func.starts_with(name, start), literal_column("0", Integer())),
        (entry.search.bool_op("@@")(query), literal_column("1", Integer())),
        else_=literal_column("2", Integer()),
    )


def listed(found: Rows, entry: Row, viewer: ViewerIds, text: Expression | None, order: tuple[Expression, ...]) -> Rows:
    """Rows of the catalogue in this order; with a text, those alone that it finds, by `found_order` first."""
    if text is None:
        return found.order_by(*order)
    return found.where(matches(entry, text)).order_by(found_order(entry, viewer, text), *order)


def matched_name(
    entry: Row, viewer: ViewerIds, text: Expression, *, further: Expression, lay_names: Expression | None = None
) -> Rows:
    """The `name` by which a text finds an entry of the catalogue, and its `language`; no row if it does not.

    The language is null for one of the `further` words, which commas separate.
    """
    named = func.catalog.matched_name(
        computed_once(func.catalog.search_query(text)),
        computed_once(func.catalog.query_of(text, literal_column("''"), literal_column("' | '"))),
        viewer.language,
        entry.name,
        cast(null(), ARRAY(Text)) if lay_names is None else lay_names,
        entry.translations,
        further,
    ).table_valued("name", "language")
    return select(named.c.name.label("name"), func.upper(named.c.language).label("language")).where(
        matches(entry, text)
    )


def computed_once(expression: Expression) -> Expression:
    """The expression as a subselect, which PostgreSQL computes once for a list and not for each row."""
    return select(expression).scalar_subquery()


def by_name(named: Row, viewer: ViewerIds) -> tuple[Expression, Expression]:
    """The order of rows by their name in the viewer's language, whatever its accents and capitals."""
    name = translated(named, "name", viewer.language)
    return ordered_as(name), named.id


def in_language(sentence: Message, tag: Expression) -> Expression:
    """A sentence in the language with this tag."""
    others = [
        (tag == literal_column(f"'{each.tag}'"), literal(sentence.in_language(each), Text))
        for each in Language
        if each is not DEFAULT
    ]
    return case(*others, else_=literal(str(sentence), Text))


def code_of(language: Language | None, viewer: ViewerIds) -> Expression:
    """The name of a language, such as `FR`: of the one that is asked for, or else of the viewer's."""
    return func.upper(viewer.language) if language is None else literal(language.value, Text)


def community_called(slug: Expression) -> Expression:
    """The id of the community with this slug. Null, and therefore equal to nothing, if there is none."""
    found = row(communities.Community)
    return select(found.id).where(found.slug == slug).scalar_subquery()
