"""Find the sentences of a message that can be checked, at most three at once (pure).

A sentence is separated from its neighbours only if it says the same without them. A header that
denies ("false rumours:"), an answer ("Not true.") or a sentence that depends on the one before
keeps a short message whole.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from embeddings.text.normalisation import fold
from embeddings.text.tokenisation import words
from knowledge.claims.denials import (
    calls_false,
    compose_denial,
    is_affirmation,
    is_denial,
    mentions_denial,
    opens_with_denial,
)
from knowledge.claims.intent import Intent, IntentModel
from knowledge.claims.questions import OPENING, strip_question
from knowledge.claims.small_talk import choose_kind, kind_of, peel
from knowledge.corpus.extraction.segmentation import sentences

#: The most claims of one message checked at once.
MAX_CLAIMS: Final = 3
#: The most further claims offered: three more times as many. Whoever sends a whole article is
#: helped by choosing a sentence, not by all of them.
MAX_FURTHER: Final = 9
#: Most words of a message that is read like one tweet.
SHORT_WORDS: Final = 40
#: A sentence of fewer words seldom says who did what on its own: it stays with the one before.
MIN_WORDS: Final = 4
#: Below this log-odds a sentence is left out beside others: a caption without a verb is above it.
BESIDE: Final = -3.5
#: An unfinished line of fewer words is continued by the next one.
MIN_LINE: Final = 5
_ENDS: Final = ".!?؟…:؛،,"

# Openings of sentences that depend on the one before.
_LEANING: Final = frozenset(
    fold(
        "وهو وهي وهم وهذا وهذه وذلك وكل لكن ولكن لكنه لكنها بل كما حيث لأن لأنه لأنها إذ مما بسبب"
        " لذلك ولذلك لهذا ولهذا هو هي هم هذا هذه ذلك تلك هؤلاء إنه إنها وإنه وأنه وأنها فهو فهي ثم"
        " بعدها بسبب وسط أيضا دي ده ام او ج في فى"
        " وقال وقالت وأضاف وأضافت وأكد وأوضح وتابع بينما رغم مع حتى وإلا وإن فإن مثل أي"
        " he she it they this that these those his her its their but because so therefore however"
        " which who also and then there such moreover il elle ils elles ce cela ces mais car donc"
        " cette son sa leur et that's it's he's she's they're you're shouldn't"
    ).split()
)
_QUESTION_WORDS: Final = OPENING | frozenset(
    fold(
        "هل is are was were do does did can will should أليس ألم ألا isn't wasn't aren't weren't"
        " didn't don't doesn't hasn't won't"
    ).split()
)
# "1.", "2)", "٣-" before a word; glued to it or not.
_ITEM = re.compile(r"(?:^|(?<=\s))\(?([0-9٠-٩]{1,2})[.)-]\s*(?=[^\W\d])")


@dataclass(frozen=True, slots=True)
class Checkable:
    """The sentences of a text to check, and further checkable ones, both in order."""

    first: tuple[str, ...] = ()
    further: tuple[str, ...] = ()


def checkable_sentences(text: str, intents: IntentModel) -> Checkable:
    """Return the sentences of ``text`` to check; none if it states nothing.

    ``text`` is free of noise, with its lines. Words stay as written except for frames of questions;
    an answer that denies the only quoted sentence is put before it.
    """
    spoken = [part for part in _parts(text) if kind_of(part) is None]
    if not spoken:
        return Checkable()
    said = [part for part in (strip_question(peel(part).rest) for part in spoken) if part]
    claims = [_unlabelled(part) for part in said if not is_affirmation(part)] or said
    if len(claims) == 2 and is_denial(claims[1]):
        return Checkable((compose_denial(claims[0].rstrip(_ENDS), claims[1]),))
    if len(claims) == 2 and calls_false(claims[0]):
        return Checkable((compose_denial(claims[1].rstrip(_ENDS), claims[0]),))
    if len(claims) < 2 or any(map(_leads_astray, claims)):
        return Checkable((_joined(claims),) if claims else ())
    stated = [p for p in claims if not (intents.score(p) < BESIDE or _only_asks(p))] or claims
    return _best(_whole_sentences(stated), intents)


def _unlabelled(part: str) -> str:
    """Return ``part`` as a denial if a label before its colon calls it false: "Hoax: …"."""
    label, colon, rest = part.partition(":")
    return (
        compose_denial(rest.strip(), label)
        if colon and rest.strip() and calls_false(label)
        else part
    )


def small_talk_of(text: str) -> Intent | None:
    """Return the kind of small talk of ``text``, None if any sentence is something else."""
    whole = peel(text).kind
    if whole is not None:
        return whole
    kinds = [kind_of(part) for part in _parts(text)]
    if not kinds or None in kinds:
        return None
    return choose_kind(kinds)


def states_nothing(claims: Sequence[str], intents: IntentModel) -> bool:
    """Return whether a message reads like an opinion; in a long one, each sentence must.

    The model and its threshold were fitted on texts as short as a tweet.
    """
    whole = _joined(claims)
    if len(words(whole)) <= SHORT_WORDS:
        return intents.states_nothing(whole)
    return all(map(intents.states_nothing, claims))


def _parts(text: str) -> list[str]:
    """Cut into sentences; those that end in a colon, break off or depend stay with a neighbour."""
    lined = _itemised(text)
    found: list[str] = []
    for span in sentences(lined):
        sentence = " ".join(lined[span.start : span.end].split())
        apart = is_denial(sentence) or is_affirmation(sentence) or kind_of(sentence) is not None
        if found and not apart and (_introduces(found[-1]) or _leans(sentence)):
            sentence = f"{found.pop()} {sentence}"
        found.append(sentence)
    return found


def _itemised(text: str) -> str:
    """Put each item of a list numbered from 1 on a line of its own."""
    numbers = [int(item[1]) for item in _ITEM.finditer(text)]
    if numbers[:2] != [1, 2] or numbers != list(range(1, len(numbers) + 1)):
        return text
    return _ITEM.sub(r"\n\1. ", text)


def _introduces(part: str) -> bool:
    """Return whether ``part`` is a header, or too short to be a sentence and unfinished."""
    return part.endswith(":") or (part[-1] not in _ENDS and len(words(part)) < MIN_LINE)


def _leans(part: str) -> bool:
    read = words(part)
    return (bool(read) and read[0] in _LEANING) or opens_with_denial(part)


def _whole_sentences(parts: Sequence[str]) -> list[str]:
    """Join sentences too short to stand alone to the one before, or after."""
    found: list[str] = []
    for part in parts:
        if found and not (_stands(part) and _stands(found[-1])):
            part = _joined([found.pop(), part])
        found.append(part)
    return found


def _best(stated: Sequence[str], intents: IntentModel) -> Checkable:
    """Return the likeliest claims, self-contained ones first; only these are further ones."""
    said = list(dict.fromkeys(stated))
    ranked = sorted(said, key=lambda part: (not _stands(part), -intents.score(part)))
    first = ranked[:MAX_CLAIMS]
    further = [part for part in ranked[MAX_CLAIMS:] if _stands(part)][:MAX_FURTHER]
    return Checkable(
        tuple(part for part in said if part in first),
        tuple(part for part in said if part in further),
    )


def _stands(part: str) -> bool:
    return len(words(part)) >= MIN_WORDS


def _only_asks(part: str) -> bool:
    """Return whether ``part`` asks what, why or when, and so claims nothing beside others."""
    return part[-1] in "?؟" and is_question(part)


def is_question(part: str) -> bool:
    """Return whether ``part`` opens with a question word."""
    read = words(part)
    return bool(read) and read[0].removeprefix("و") in _QUESTION_WORDS


def _leads_astray(part: str) -> bool:
    """Return whether ``part`` changes what its neighbours say: an answer, a denying header."""
    header, colon, rest = part.partition(":")
    return is_denial(part) or bool(colon and mentions_denial(header) and rest.strip())


def _joined(stated: Sequence[str]) -> str:
    ended = [part if part[-1] in _ENDS else f"{part}." for part in stated[:-1]]
    return " ".join([*ended, *stated[-1:]])
