"""Takes out of an answer what statements put beside its objects: whose data it has, and what of it is recorded."""

import re

# The marks of planner.member_reads and the notes of planner.data_reads, in one pass. Within a text of JSON, quotes are
# escaped: this matches no value that somebody wrote. Nothing follows a note if all fields of its object are skipped.
MARK = re.compile(
    r'"\$(?:m":(?:null|"([0-9a-f -]+)"),(?:"\$r":null,)?'
    r'|r":(?:null|"([0-9a-f-]{36})((?: [A-Z_]+)*)")(?:,|(?=\})))'
)


def unmarked(text: str) -> tuple[str, set[str], set[tuple[str, str]]]:
    """An answer without marks and notes, and what they say.

    That is the ids of the members whose data it has, and, for each member and kind of data of which showing it is
    recorded, the member's id and the kind.
    """
    parts = MARK.split(text)  # the text between them; the ids of each mark; the member and the kinds of each note
    members = set(" ".join(filter(None, parts[1::4])).split())
    noted = zip(parts[2::4], parts[3::4], strict=True)
    return "".join(parts[::4]), members, {(member, kind) for member, kinds in noted if kinds for kind in kinds.split()}


def bare(text: str) -> str:
    """An answer without what is there to be counted and recorded."""
    return unmarked(text)[0]
