"""The words and regular expressions by which a scan reads what is about to be published."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import yaml

NAMED = re.compile(r"\{([a-z_]+)\}")
SOURCE = yaml.safe_load(Path(__file__).with_name("patterns.yaml").read_text(encoding="utf-8"))
FIELDS, ENDINGS = SOURCE["fields"], SOURCE["endings"]
NUMBERS: Mapping[str, int] = {
    word: number
    for number, words in enumerate(SOURCE["numbers"].split())
    for word in words.split("|")
}


def _fill(pattern: str) -> str:
    joined = "".join(line.strip() for line in pattern.splitlines())
    return NAMED.sub(lambda name: PARTS[name[1]], joined)


NOUNS = re.sub("[éè]", "[éèe]", SOURCE["nouns"].replace("ç", "[çc]"))
COUNTED = "|".join(NOUNS.split())
PARTS = {
    "counted": f"(?:{COUNTED})",
    "plural": f"(?:{COUNTED})".replace("s?", "s").replace("y|ies", "ies"),
    "word": f"(?:{'|'.join(sorted(NUMBERS, key=len, reverse=True))})",
}
for part, written in SOURCE["parts"].items():
    PARTS[part] = _fill(written)
IDENTIFIERS, WITHIN, PATTERNS = (
    {name: re.compile(_fill(pattern)) for name, pattern in SOURCE[section].items()}
    for section in ("identifiers", "within", "patterns")
)
