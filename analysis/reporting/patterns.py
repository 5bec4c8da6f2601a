"""The words and regular expressions by which a scan reads what is about to be published."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

NAMED = re.compile(r"\{([a-z_]+)\}")
SOURCE = yaml.safe_load(Path(__file__).with_name("patterns.yaml").read_text(encoding="utf-8"))
FIELDS: Mapping[str, int] = SOURCE["fields"]
NUMBERS: Mapping[str, int] = {
    word: number
    for number, words in enumerate(SOURCE["numbers"].split())
    for word in words.split("|")
}


def _list_parts() -> Iterator[tuple[str, str]]:
    """Yield the parts that patterns are made of, by name."""
    accented = SOURCE["nouns"].replace("ç", "[çc]")
    counted = "|".join(re.sub("[éè]", "[éèe]", accented).split())
    yield "counted", f"(?:{counted})"
    yield "plural", f"(?:{counted})".replace("s?", "s").replace("y|ies", "ies")
    yield "word", f"(?:{'|'.join(sorted(NUMBERS, key=len, reverse=True))})"
    yield from SOURCE["parts"].items()


def _fill(pattern: str) -> str:
    joined = "".join(line.strip() for line in pattern.splitlines())
    return NAMED.sub(lambda name: PARTS[name[1]], joined)


PARTS: dict[str, str] = {}
for _name, _part in _list_parts():
    PARTS[_name] = _fill(_part)
IDENTIFIERS, WITHIN, PATTERNS = (
    {name: re.compile(_fill(pattern)) for name, pattern in SOURCE[section].items()}
    for section in ("identifiers", "within", "patterns")
)
