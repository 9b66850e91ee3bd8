"""Check files of written claims, and count what is in them.

``python -m benchmarks.training.claims.check [FILE…]`` reads the files beside this one unless others
are named, prints what is in each and every fault, and ends with 1 where there is one. README.md
says what a row is and what the labels mean.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent
LABELS: Final = frozenset({"S", "R", "N"})
VARIETIES: Final = frozenset({
    "msa", "egy", "lev", "gulf", "iraqi", "magh", "sud", "en", "fr", "arabizi",
})  # fmt: skip
_ITEM: Final = frozenset({"id", "lang", "title", "before", "speaker", "statement", "claims"})
_CLAIM: Final = frozenset({"text", "label", "kind", "variety"})
_NOT_WORDS: Final = re.compile(r"\W+")


def files() -> list[Path]:
    """Return the files of this folder, by name."""
    return sorted(FOLDER.glob("*.jsonl"))


def faults(paths: Sequence[Path]) -> Iterator[str]:
    """Yield each fault, with its file and line; ids and statements are unique across all files."""
    ids: set[str] = set()
    statements: set[str] = set()
    for path in paths:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            for fault in _faults_of(line, ids, statements):
                yield f"{path.name}:{number}: {fault}"


def counts(path: Path) -> dict[str, Counter[str]]:
    """Return how many claims of a file have each label, kind and variety."""
    items = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    claims = [claim for item in items for claim in item["claims"]]
    return {name: Counter(claim[name] for claim in claims) for name in ("label", "kind", "variety")}


def _faults_of(line: str, ids: set[str], statements: set[str]) -> Iterator[str]:
    try:
        item: Any = json.loads(line)
    except ValueError as error:
        yield f"not JSON: {error}"
        return
    if not isinstance(item, dict) or item.keys() != _ITEM:
        yield f"not an object of {', '.join(sorted(_ITEM))}"
        return
    statement = folded(item["statement"])
    if item["id"] in ids:
        yield f"the id {item['id']} twice"
    if not statement or statement in statements:
        yield "a statement that is empty or stands elsewhere"
    ids.add(item["id"])
    statements.add(statement)
    texts: set[str] = set()
    for claim in item["claims"]:
        if claim.keys() != _CLAIM:
            yield f"a claim is not an object of {', '.join(sorted(_CLAIM))}"
            continue
        text = folded(claim["text"])
        if claim["label"] not in LABELS or claim["variety"] not in VARIETIES or not claim["kind"]:
            yield f"an unknown label or variety, or no kind: {claim}"
        if not text or text in texts or text == statement:
            yield f"a claim that is empty, stands twice or is the statement: {claim['text']}"
        texts.add(text)


def folded(text: str) -> str:
    """Return a text by its words alone, for comparison."""
    return _NOT_WORDS.sub(" ", text).strip().casefold()


def main(named: Sequence[str]) -> int:
    """Print counts and faults; return the exit code."""
    paths = [Path(name) for name in named] or files()
    found = list(faults(paths))
    print("\n".join(found))
    if not found:
        total: Counter[str] = Counter()
        for path in paths:
            in_file = counts(path)
            total += in_file["label"]
            print(path.name, *(dict(each.most_common()) for each in in_file.values()))
        print(f"{total.total()} claims: {dict(total)}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
