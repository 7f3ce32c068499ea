"""Reads the texts of a row in languages other than the default one, which `models.languages.translations` stores."""

from sqlalchemy import func

from models.rows import Row, Rows, select


def translations_of(entry: Row) -> Rows:
    """The name and the description of an entry of the catalogue, as `texts_of`."""
    return texts_of(entry, "name", "description")


def texts_of(owner: Row, *columns: str) -> Rows:
    """One row for each language, by language: its code, and the text of each of the columns, null if there is none."""
    each = func.jsonb_each(owner.translations).table_valued("key", "value", name="translated").render_derived()
    texts = (func.jsonb_extract_path_text(each.c.value, column).label(column) for column in columns)
    return select(func.upper(each.c.key).label("language"), *texts).order_by(each.c.key)
