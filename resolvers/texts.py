"""Checks texts that people enter: blank ones, control characters, line ends, and spellings of one name."""

import re
import unicodedata

# Default_Ignorable_Code_Point of Unicode 16 (DerivedCoreProperties.txt), and three that are blank without being white
# space: the Braille pattern without dots, a note without a head, and the replacement of an embedded object.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\u2800\U0001d159\ufffc]"
)
# Those among them that scripts and emoji need: joiners, variation selectors and tags of flags.
JOINING = re.compile("[\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef]")
# Control characters (Cc), except the tab, the line feed and the carriage return.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
LINE_END = re.compile("[\t\n\r\u2028\u2029]")
APOSTROPHE = re.compile("['’ʼ]")
# Small Latin letters that Unicode does not decompose, as PostgreSQL's unaccent writes them.
UNDECOMPOSED = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "n",
     "ŧ": "t", "ĸ": "q"}
)  # fmt: skip


def is_blank(text: str) -> bool:
    """Whether a text contains only white space and invisible characters."""
    return not INVISIBLE.sub("", text).strip()


def has_invisible_characters(text: str) -> bool:
    """Whether any character shows nothing, by Unicode 16 and a few more."""
    return INVISIBLE.search(text) is not None


def with_line_feeds(text: str) -> str:
    """The text with its line ends, CR LF, CR or LF, as LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def has_control_characters(text: str) -> bool:
    """Whether a text contains control characters other than tabs and line ends."""
    return CONTROL.search(text) is not None


def has_line_ends(text: str) -> bool:
    """Whether a text contains a line end or a tab."""
    return LINE_END.search(text) is not None


def one_line(text: str) -> str:
    """A line as it is stored: in NFC, with single spaces, and without invisible characters that nothing needs."""
    visible = INVISIBLE.sub(lambda found: found[0] if JOINING.match(found[0]) else "", text)
    return re.sub(r"\s{2,}", " ", unicodedata.normalize("NFC", visible)).strip()


def as_seen(name: str) -> str:
    """The same for names that look the same: in any case and composition, with any spaces and invisible characters."""
    return " ".join(unicodedata.normalize("NFC", INVISIBLE.sub("", name)).casefold().split())


def folded(text: str) -> str:
    """The letters and digits of a text, without accents and case: the same for all spellings of one name."""
    return "".join(character for character in bare(text) if character.isalnum())


def bare(text: str) -> str:
    """The text in lower case, without accents and other marks: `œ` as `oe`."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(UNDECOMPOSED)
    return "".join(character for character in letters if not unicodedata.combining(character))


def slug_of(name: str) -> str:
    """`Œdème (léger)` -> `oedeme-leger`: what is no letter or digit of ASCII ends a word, but no apostrophe does."""
    return "-".join(re.findall("[a-z0-9]+", APOSTROPHE.sub("", bare(name))))
