"""Where the evaluation data lies, and its rows. It is not part of the project (see README)."""

import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: Beside the checkout unless EVALUATION_DATA names another place.
DATA = Path(
    os.environ.get("EVALUATION_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)


def require(*parts: str) -> Path:
    """Return a file of the evaluation data; ends the program with a clear line if it is absent."""
    path = DATA.joinpath(*parts)
    if not path.exists():
        sys.exit(f"the evaluation data is absent: {path} (set EVALUATION_DATA to its folder)")
    return path


def rows(*parts: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a JSONL file of the evaluation data."""
    with require(*parts).open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def qrels(*parts: str) -> dict[str, set[str]]:
    """Return the right claims of each query of a TREC relevance file."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in require(*parts).read_text("utf-8").splitlines():
        query, _, claim, relevant = re.split(r"\s+", line.strip())
        if int(relevant) > 0:
            found[query].add(claim)
    return found
