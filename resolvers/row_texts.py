"""Reads the texts of a row in languages other than the default one, which `models.languages.translations` stores."""

from collections.abc import Sequence

from sqlalchemy import func

from models.rows import Row, Rows, select


def translations_of(entry: Row) -> Rows:
    """The name and the description of an entry of the catalogue, as `texts_of`."""
    return texts_of(entry, "name", "description")


def indicator_translations_of(indicator: Row) -> Rows:
    """One row for each language, by language: its code, the name and the unit, and the JSON list of everyday names."""
    return texts_of(indicator, "name", "unit", lists=("lay_names",))


def texts_of(owner: Row, *columns: str, lists: Sequence[str] = ()) -> Rows:
    """One row for each language, by language: its code, and the text of each of the columns, null if there is none.

    Of columns in `lists`, it has the JSON list, which is empty if there is none.
    """
    each = func.jsonb_each(owner.translations).table_valued("key", "value", name="translated").render_derived()
    texts = (func.jsonb_extract_path_text(each.c.value, column).label(column) for column in columns)
    empty = func.jsonb_build_array()
    several = (func.coalesce(func.jsonb_extract_path(each.c.value, name), empty).label(name) for name in lists)
    return select(func.upper(each.c.key).label("language"), *texts, *several).order_by(each.c.key)
