"""Every error that an act of the console can raise is said in each language."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.console import error_pages
from bot.console.error_pages import describe_error
from bot.conversation.change_texts import name_field
from bot.conversation.translations import Language, load_catalogue
from bot.fetching.errors import FetchError
from knowledge import errors
from knowledge.errors import (
    BadEdit,
    CannotDecide,
    CannotRegroup,
    DecisionProblem,
    EditProblem,
    FeedProblem,
    KnowledgeError,
    NoteTooLong,
    RegroupProblem,
    Stale,
    UnusableFeed,
    WordsMissing,
)

#: The words of a message that only the log and the command line may show.
INTERNAL = "internal words"
#: What no act of the console raises (of the program's own files and keys, and of messages), and
#: what is answered with the page of any failure of ours.
ELSEWHERE = (
    errors.DatabaseFailed,
    errors.DatabaseUnavailable,
    errors.WriteConflict,
    errors.WeightsUnfit,
    errors.AddressUnreadable,
    errors.DecryptionFailed,
    errors.NotABackup,
    errors.UnreadableClaim,
)
CONSOLE = Path(error_pages.__file__).parent
#: Fields that nobody fills in: a form that lacks one is out of date.
CARRIED = {
    "seen", "shown", "version", "entry", "inquiry", "previewed", "followed", "followed_speaker",
    "followed_relation", "looked_at", "from", "back", "token", "said", "n", "after", "since",
    "actor", "subject", "report", "tell", "form", "of", "row",
}  # fmt: skip


def classes(base: type[Exception]) -> Iterator[type[Exception]]:
    for each in base.__subclasses__():
        if each.__module__.startswith(("knowledge.errors", "bot.fetching")):
            yield each
            yield from classes(each)


def raised() -> Iterator[Exception]:
    """Yield an error of every kind, with every reason that it can have."""
    yield from (BadEdit(p, INTERNAL, field="title", ref="r-1", n=3) for p in EditProblem)
    yield from (UnusableFeed(INTERNAL, p, field="url", least=5, most=9) for p in FeedProblem)
    yield from (CannotRegroup(p, INTERNAL) for p in RegroupProblem)
    yield from (CannotDecide(p, INTERNAL) for p in DecisionProblem)
    yield from (NoteTooLong(INTERNAL), WordsMissing(INTERNAL, "r-1"))
    yield Stale(INTERNAL, "x", "edited")
    known = (BadEdit, UnusableFeed, CannotRegroup, CannotDecide, Stale, *ELSEWHERE)
    for kind in (*classes(KnowledgeError), *classes(FetchError)):
        if not issubclass(kind, known):
            yield kind(INTERNAL)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("error", list(raised()), ids=lambda error: type(error).__name__)
def test_an_error_is_a_sentence_in_the_language(language: Language, error: Exception) -> None:
    say = load_catalogue(language).say
    said = describe_error(error, say)
    assert INTERNAL not in said
    assert said != say("Something went wrong on our side, and it was logged. Please try again.")
    assert not re.search(r"[{}]", said)
    if language is Language.ARABIC:
        assert not set(re.findall(r"[A-Za-z]{3,}", said)) - {"console", "https", "http", "JSON"}


def fields() -> set[str]:
    """Return the names of the fields that handlers of the console read."""
    code = "\n".join(path.read_text() for path in CONSOLE.rglob("*.py"))
    reader = r"(?:verbatim|text|needed_text|line|needed|numbers?|day|choice|chosen)"
    read = re.findall(rf'\b(?:sent|asked|form|asking)\.{reader}\(\s*"([a-z_]+)"', code)
    return {*read, *re.findall(r'BadForm\("([a-z_]+)"', code)}


def test_every_field_of_a_form_has_a_name_in_each_language() -> None:
    names = fields() - CARRIED
    assert len(names) > 30
    for language in Language:
        say = load_catalogue(language).say
        assert not {name for name in names if name_field(name, say) == name}
