"""Orders names as people read them, whatever their accents and capitals: in lists, and in the indexes of long ones."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Text

from models.rows import Expression

# In place of a function of ours: those of PostgreSQL are known to read no table. A typographic apostrophe counts as a
# plain one, which comes before letters.
ACCENTED = "ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’"
PLAIN = "AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ''"
PLAINLY = f"replace(replace(replace(translate({{0}}, '{ACCENTED}', '{PLAIN}'), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss')"
# Comparing each letter with all accented ones takes longer than the rest of a short list.
ORDER = f"lower(CASE WHEN (char_length({{0}}) = octet_length({{0}})) THEN {{0}} ELSE {PLAINLY} END)"
TEXT = Text()


class NameOrder(ColumnElement[str]):
    """What `ordered_as` returns. SQLAlchemy would build some thirty objects for it, and write the name four times."""

    inherit_cache = False

    def __init__(self, name: Expression) -> None:
        self.ordered, self.type = name, TEXT

    def get_children(self, **_: Any) -> tuple[Expression]:  # with which SQLAlchemy looks for what an expression has
        return (self.ordered,)

    def _compiler_dispatch(self, visitor: Any, **_: Any) -> str:
        return ORDER.format(visitor.process(self.ordered))

    @property
    def _from_objects(self) -> list[FromClause]:
        found: list[FromClause] = self.ordered._from_objects
        return found


def ordered_as(name: Expression) -> Expression:
    """What a name is ordered by: in lower case, without accents, and with ligatures as two letters."""
    return NameOrder(name)


def order_of_names(name: str) -> str:
    """The same as the text of an expression, for an index; `name` is that of a column."""
    return ORDER.format(name)
