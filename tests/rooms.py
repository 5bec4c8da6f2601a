"""Draw the rooms of the package, and which takes names from which, from the imports themselves."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

# The story of the package, from what it rests on to what is shown.
ROOMS = {
    "reference": "data dictionary, places, facts",
    "store": "a breach on disk, stages",
    "intake": "somebody's file → records",
    "linkage": "records → persons",
    "comments": "free text → topics",
    "exposure": "records → counts",
    "impact": "what follows from counts",
    "disclosure": "the gate",
    "published": "claims, registers",
    "reporting": "what is shown",
}
ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "CONTRIBUTING.md"
START, END = "<!-- rooms: drawn by `make rooms` -->", "<!-- end of rooms -->"


def list_imports(path: Path) -> Iterator[list[str]]:
    """List the imports of a module from the package, each as the parts of its dotted name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "analysis":
            yield from ([*str(node.module).split("."), alias.name] for alias in node.names)


def room_of(path: Path) -> str:
    """Return the room a module lies in; empty for a module above all rooms."""
    parts = path.relative_to(ROOT / "analysis").parts
    return parts[0] if len(parts) > 1 else ""


def count_arrows() -> Counter[tuple[str, str]]:
    """Count the names that each room takes from each other room."""
    arrows: Counter[tuple[str, str]] = Counter()
    for path in (ROOT / "analysis").rglob("*.py"):
        own = room_of(path)
        rooms = {parts[1] for parts in list_imports(path)}
        arrows.update((own, room) for room in rooms if own and room != own)
    return arrows


def draw_rooms() -> str:
    """Draw the rooms as a graph that Markdown viewers show; an arrow carries its modules."""
    lines = ["```mermaid", "flowchart TB"]
    lines += [f'    {room}["<b>{room}</b><br>{what}"]' for room, what in ROOMS.items()]
    order = {room: number for number, room in enumerate(ROOMS)}
    arrows = sorted(count_arrows().items(), key=lambda arrow: [order[r] for r in arrow[0]])
    lines += [f"    {taker} -->|{n}| {giver}" for (taker, giver), n in arrows]
    return "\n".join([*lines, "```"])


def main() -> None:
    """Write the picture into the document."""
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    DOCUMENT.write_text(f"{before}{START}\n\n{draw_rooms()}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
