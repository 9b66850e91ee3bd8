"""What the pages quote is what the program says: each quotation is a sentence of the code.

Sentences of the code have holes, which a quotation fills with an example.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from bot.conversation.translations import Language, load_catalogue
from tests.pages import PAGES, ROOT, name_of, quotes

#: Letters that a sentence has besides its holes: one that is nearly all hole fits everything.
_SHORTEST = 15
_HOLE = re.compile(r"\\\{\w*\\\}")
QUOTED = [(page, quote, rest) for page in PAGES for quote, *rest in quotes(page)]


def texts(tree: ast.AST) -> Iterator[str]:
    """Yield the pattern of each text in some code, with ``.+`` in place of what is put in."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)):
                # What is translated is formatted afterwards.
                yield _HOLE.sub(".+", re.escape(text))
            case ast.JoinedStr(values=parts):
                yield "".join(
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+"
                    for part in parts
                )


def patterns() -> Iterator[str]:
    for room in ("bot", "knowledge", "embeddings"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for pattern in texts(ast.parse(path.read_text("utf-8"))):
                if len(pattern.replace(".+", "")) >= _SHORTEST:
                    yield pattern


@cache
def said() -> re.Pattern[str]:
    """Return what matches each sentence of the code; it takes seconds to make."""
    return re.compile("|".join(f"(?:{each})" for each in dict.fromkeys(patterns())), re.DOTALL)


def test_quotations_are_found() -> None:
    assert len(QUOTED) > 40
    assert said().fullmatch("the database is behind; run `tathabbat db upgrade`")
    assert not said().fullmatch("the database is tired; let it sleep")


@pytest.mark.parametrize(
    ("quote", "translated"),
    [(quote, translated) for _, quote, translated in QUOTED],
    ids=[f"{name_of(page)}: {quote[:40]}" for page, quote, _ in QUOTED],
)
def test_each_is_said_by_the_program(quote: str, translated: list[str]) -> None:
    # Of a row it is said where it stands.
    assert said().fullmatch(quote) or said().fullmatch(re.sub(r"^\S+: line \d+: ", "", quote))
    if translated:
        assert translated == [load_catalogue(Language.ARABIC).say(quote)]
