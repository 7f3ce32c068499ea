"""Reads files that people downloaded or wrote: whole, as text, or not at all."""

from pathlib import Path

from commands.loading.entries import NotLoaded

LARGEST = 200_000_000  # bytes; the largest file of the public medicines database has some 5 million


def read_text(path: Path, *encodings: str) -> str:
    """The text of a file, by the first encoding that fits. Raises NotLoaded if it cannot be read as text."""
    try:
        if path.stat().st_size > LARGEST:
            raise NotLoaded(f"{path.name} is larger than {LARGEST // 1_000_000} MB.")
        content = path.read_bytes()
    except OSError as error:
        raise NotLoaded(f"{path.name} cannot be read ({error.strerror}).") from None
    if b"\0" in content:
        raise NotLoaded(f"{path.name} is not a text file, or is in UTF-16: save it as UTF-8.")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not text.strip():
            raise NotLoaded(f"{path.name} is empty.")
        return text
    raise NotLoaded(f"{path.name} is not text in {encodings[0].removesuffix('-sig').upper()}.")
