"""The pages that people read: what they are made of, for the tests that hold them true."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Pages for those who change the code and release it; they hold no commands to be tried.
DEVELOPERS = (*sorted({*ROOT.glob("*.md")} - {ROOT / "README.md"}), ROOT / "docs" / "releasing.md")
#: Pages for users, moderators and operators. A new one is found by itself.
PAGES = (
    ROOT / "README.md",
    ROOT / "examples" / "README.md",
    *sorted({*(ROOT / "docs").glob("*.md")} - {*DEVELOPERS}),
)

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(`+)(.+?)\1", re.DOTALL)
_LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, the file that it is if it names one, and where it stands."""

    language: str
    file: str
    text: str
    line: int


def name_of(page: Path) -> str:
    """Return a page's path from the top of the project."""
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page. Behind the language may stand the name of a file."""
    text = page.read_text("utf-8")
    found = []
    for match in _FENCE.finditer(text):
        language, _, file = match[1].strip().partition(" ")
        line = text.count("\n", 0, match.start()) + 2
        found.append(Block(language, file.strip(), match[2], line))
    return found


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def spans(page: Path) -> list[str]:
    """Return what stands between backquotes, on one line each."""
    return [re.sub(r"\s+", " ", match[2]).strip() for match in _SPAN.finditer(prose(page))]


def links(page: Path) -> list[str]:
    """Return where a page's links and pictures lead."""
    return [match[2] for match in _LINK.finditer(_SPAN.sub("", prose(page)))]


def pictures(page: Path) -> list[str]:
    """Return the pictures that a page shows."""
    return [match[2] for match in _LINK.finditer(prose(page)) if match[1]]


def headings(page: Path) -> list[str]:
    """Return the headings of a page."""
    return re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return what the headings of a page are called in a link, as GitHub writes it."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in headings(page):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        # Of headings alike, the later ones are numbered.
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found


def quotes(page: Path) -> list[list[str]]:
    """Return each quotation of a page (lines behind ``>``): its paragraphs, on one line each."""
    found = re.findall(r"(?:^>.*\n)+", prose(page), re.MULTILINE)
    whole = [re.sub(r"^> ?", "", quote, flags=re.MULTILINE).strip() for quote in found]
    return [[" ".join(each.split()) for each in quote.split("\n\n")] for quote in whole]
