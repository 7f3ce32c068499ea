"""Orders names as people read them, whatever their accents and capitals: in lists, and in the indexes of long ones."""

from sqlalchemy import Text, case, func, literal_column
from sqlalchemy.dialects import postgresql

from models.rows import Expression

# In place of a function of ours: those of PostgreSQL are known to read no table. A typographic apostrophe counts as a
# plain one, which comes before letters.
ACCENTED = "ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’"
PLAIN = "AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ''"
LIGATURES = {"œ": "oe", "æ": "ae", "ß": "ss"}


def ordered_as(name: Expression) -> Expression:
    """What a name is ordered by: in lower case, without accents, and with ligatures as two letters."""
    plain = func.translate(name, _literal(ACCENTED), literal_column(f"'{PLAIN}'", Text()))
    for ligature, letters in LIGATURES.items():
        plain = func.replace(plain, _literal(ligature), _literal(letters))
    # Comparing each letter with all accented ones takes longer than the rest of a short list.
    return func.lower(case((func.octet_length(name) == func.char_length(name), name), else_=plain))


def _literal(text: str) -> Expression:
    return literal_column(f"'{text}'", Text())


def order_of_names(column: str) -> str:
    """The same for a column of a table, for its index."""
    expression = ordered_as(literal_column(column, Text()))
    return str(expression.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))  # type: ignore[no-untyped-call]
