"""Reads the texts of a row in one language: as they were written, and the translations beside them."""

from collections.abc import Sequence

from sqlalchemy import Text, cast, func, null
from sqlalchemy.dialects.postgresql import array

from models.languages import DEFAULT
from models.rows import Row, Rows, select, word


def translations_of(entry: Row) -> Rows:
    """The name and the description of an entry of the catalogue, as `texts_of`."""
    return texts_of(entry, "name", "description")


def indicator_translations_of(indicator: Row) -> Rows:
    """One row for each language, by language: its code, the name and the unit, and the JSON list of everyday names."""
    return texts_of(indicator, "name", "unit", lists=("lay_names",))


def original_of(entry: Row) -> Rows:
    """The name and the description of an entry of the catalogue, as `original_texts_of`."""
    return original_texts_of(entry, "name", "description")


def indicator_original_of(indicator: Row) -> Rows:
    """The texts in the language in which the entry was written: one row, with `name`, `unit` and `lay_names`."""
    return original_texts_of(indicator, "name", "unit", "lay_names")


def original_texts_of(owner: Row, *columns: str) -> Rows:
    """One row: the code of the default language, and each of the columns as it is stored, null if there is none."""
    tag = func.unnest(array([word(DEFAULT.value)])).column_valued("tag")
    texts = (getattr(owner, name) if hasattr(owner, name) else cast(null(), Text) for name in columns)
    return select(tag.label("language"), *(text.label(name) for text, name in zip(texts, columns, strict=True)))


def texts_of(owner: Row, *columns: str, lists: Sequence[str] = ()) -> Rows:
    """One row for each language, by language: its code, and the text of each of the columns, null if there is none.

    Of columns in `lists`, it has the JSON list, which is empty if there is none.
    """
    each = func.jsonb_each(owner.translations).table_valued("key", "value", name="translated").render_derived()
    texts = (func.jsonb_extract_path_text(each.c.value, column).label(column) for column in columns)
    empty = func.jsonb_build_array()
    several = (func.coalesce(func.jsonb_extract_path(each.c.value, name), empty).label(name) for name in lists)
    return select(func.upper(each.c.key).label("language"), *texts, *several).order_by(each.c.key)
