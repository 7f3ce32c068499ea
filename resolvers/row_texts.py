"""Reads the texts of a row in languages other than the default one, which `models.languages.translations` stores."""

from sqlalchemy import func

from models.rows import Row, Rows, select


def translations_of(entry: Row) -> Rows:
    """One row for each language, by language: its code, the name and the description, null if there is none."""
    each = func.jsonb_each(entry.translations).table_valued("key", "value", name="translated").render_derived()
    texts = each.c.value
    return select(
        func.upper(each.c.key).label("language"),
        func.jsonb_extract_path_text(texts, "name").label("name"),
        func.jsonb_extract_path_text(texts, "description").label("description"),
    ).order_by(each.c.key)
