"""Encode a claim and a statement as one input of the cross-encoder, marking what they share.

A small encoder never learned to compare two texts within one input. So each token carries a mark:
which text it is in, and whether the other text has its word (by stem), has it with a fused
negation, lacks it, or lacks it while it is a number. A third text may follow, the context: what the
statement leaves unsaid.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embeddings.bundled.e5_model import literal, open_tokenizer
from embeddings.text.consonants import consonant_keys, is_arabic
from embeddings.text.normalisation import fold, for_matching
from embeddings.text.tokenisation import STOP_WORDS, stem

#: Most characters and tokens of a claim and of a statement, each one sentence: cost grows with
#: tokens, and 99 % of the training pairs are shorter.
MAX_CHARACTERS: Final = 1_000
MAX_TOKENS: Final = 96
#: Most tokens of the context: a title, a speaker, and the beginning of the sentence before.
MAX_CONTEXT: Final = 48

#: Texts cached as they are read.
REMEMBERED: Final = 256

#: A letter of Arabic in Latin letters, where digits stand for what those have not.
_LETTER: Final = "(?:[235-9]['’]?)?[a-z]"
_WORD = re.compile(
    # Words such as ``7okoma``, but neither ``5th`` nor ``3km``.
    rf"(?![235-9](?:[ck]m|[km]g|mm|[mg]b|th|nd|rd|[ap]m)\b){_LETTER}(?:['’]?{_LETTER})+[235-9]?(?!\w)"
    r"|\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W_]+)*"
)


class Mark(IntEnum):
    """How a token's word relates to the other texts; each text's marks start at its own offset."""

    SPECIAL = 0
    PLAIN = 1
    SHARED = 2
    #: The same word except for a negation fused to one of the two.
    FUSED = 3
    MISSING = 4
    NUMBER_MISSING = 5


#: Marks of a text: those of the claim, then of the statement, then of the context, after SPECIAL.
KINDS: Final = 5
#: A word of the claim that only the context has.
_IN_CONTEXT: Final = 1 + 3 * KINDS
#: Rows of the table of marks.
MARKS: Final = _IN_CONTEXT + 1


@dataclass(frozen=True, slots=True)
class PairTokens:
    """Token ids and marks of one pair, each (tokens,)."""

    ids: NDArray[np.int64]
    marks: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PairBatch:
    """Pairs padded to one length, each (pairs, tokens); ``mask`` is 1 where there is a token."""

    ids: NDArray[np.int64]
    marks: NDArray[np.int64]
    mask: NDArray[np.int64]


class PairTokenizer:
    """Encodes pairs of texts as token ids and marks, with an unpacked model's tokenizer."""

    def __init__(self, model_folder: Path) -> None:
        self._tokenizer = open_tokenizer(model_folder)
        self._begin = self._tokenizer.token_to_id("<s>")
        self._end = self._tokenizer.token_to_id("</s>")
        self._pad = self._tokenizer.token_to_id("<pad>")

        # A claim is read with every result.
        self._read = lru_cache(maxsize=REMEMBERED)(self._text)

    def pair(self, claim: str, statement: str, context: str = "") -> PairTokens:
        """Return ``<s> claim </s></s> statement </s></s> context </s>`` with every token's mark."""
        ours, theirs = self._read(claim, MAX_TOKENS), self._read(statement, MAX_TOKENS)
        texts = [(ours, ours.marks(theirs)), (theirs, theirs.marks(ours))]
        if context:
            around = self._read(context, MAX_CONTEXT)
            ours.note_context(texts[0][1], around)
            texts.append((around, around.marks(ours)))
        ids, marks = [self._begin], [int(Mark.SPECIAL)]
        for place, (text, by_character) in enumerate(texts):
            if place:
                ids += [self._end, self._end]
                marks += [int(Mark.SPECIAL)] * 2
            offset = place * KINDS
            for token, (start, end) in text.tokens:
                ids.append(token)
                # A token may hold a sign beside its word (10%): the word's mark counts.
                mark = max(by_character[start:end], default=int(Mark.PLAIN))
                marks.append(mark if mark == _IN_CONTEXT else offset + mark)
        ids.append(self._end)
        marks.append(int(Mark.SPECIAL))
        return PairTokens(np.array(ids, np.int64), np.array(marks, np.int64))

    def _text(self, text: str, most: int) -> "_Text":
        normal = literal(for_matching(text[:MAX_CHARACTERS])[:MAX_CHARACTERS])
        normal = normal.encode("utf-8", "replace").decode("utf-8")
        read = self._tokenizer.encode(normal, add_special_tokens=False)
        # A word whose tokens were cut off marks nothing.
        end = read.offsets[most - 1][1] if len(read.ids) > most else len(normal)
        spans = tuple(
            (found.start(), found.end(), found[0].replace(",", ".").replace("’", "'"))
            for found in _WORD.finditer(fold(normal))
            if found.start() < end
        )
        tokens = zip(read.ids[:most], read.offsets[:most], strict=True)
        found = frozenset(word for _, _, word in spans)
        return _Text(
            len(normal),
            spans,
            frozenset(map(stem, found)),
            frozenset(map(_skeleton, found)),
            frozenset(bare for word in found for bare in _unfused(word)),
            tuple(tokens),
            _sounds([word for word in found if not is_arabic(word)]),
            _sounds([word for word in found if is_arabic(word)]),
        )

    def batch(self, pairs: Sequence[PairTokens]) -> PairBatch:
        """Pad ``pairs`` to the longest of them."""
        width = max(len(pair.ids) for pair in pairs)
        ids = np.full((len(pairs), width), self._pad, np.int64)
        marks = np.zeros((len(pairs), width), np.int64)
        mask = np.zeros((len(pairs), width), np.int64)
        for row, pair in enumerate(pairs):
            length = len(pair.ids)
            ids[row, :length], marks[row, :length], mask[row, :length] = pair.ids, pair.marks, 1
        return PairBatch(ids, marks, mask)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text as it is read: its length, its words, and its tokens with their offsets.

    ``unfused`` are the skeletons of its words without a negation that may be fused to them.
    """

    length: int
    spans: tuple[tuple[int, int, str], ...]
    stems: frozenset[str]
    skeletons: frozenset[str]
    unfused: frozenset[str]
    tokens: tuple[tuple[int, tuple[int, int]], ...]
    latin_sounds: frozenset[str]
    arabic_sounds: frozenset[str]

    def marks(self, other: "_Text") -> list[int]:
        """Return the mark of each character's word against ``other``."""
        found = [int(Mark.PLAIN)] * self.length
        for start, end, word in self.spans:
            found[start:end] = [int(_mark(word, other))] * (end - start)
        return found

    def note_context(self, marks: list[int], context: "_Text") -> None:
        """Change the ``marks`` of this text's words that only ``context`` has."""
        for start, end, word in self.spans:
            missing = marks[start] in (Mark.MISSING, Mark.NUMBER_MISSING)
            if missing and stem(word) in context.stems:
                marks[start:end] = [_IN_CONTEXT] * (end - start)


def _mark(word: str, other: _Text) -> Mark:
    if stem(word) in other.stems or _sounds_like_one_of(word, other):
        return Mark.SHARED
    if word.replace(".", "").isdigit():
        return Mark.NUMBER_MISSING
    if word in STOP_WORDS:
        return Mark.PLAIN
    if _skeleton(word) in other.unfused or not other.skeletons.isdisjoint(_unfused(word)):
        return Mark.FUSED
    return Mark.MISSING


def _sounds_like_one_of(word: str, other: _Text) -> bool:
    """Return whether ``other`` has about the same word in the other script."""
    theirs = other.latin_sounds if is_arabic(word) else other.arabic_sounds
    return not theirs.isdisjoint(consonant_keys(word))


def _sounds(words: Iterable[str]) -> frozenset[str]:
    return frozenset(sound for word in words for sound in consonant_keys(word))


@lru_cache(maxsize=65536)
def _skeleton(word: str) -> str:
    """Return what dialects share of a folded word: no article or ending, no long vowels."""
    return _VOWELS.sub("", stem(word))


@lru_cache(maxsize=65536)
def _unfused(word: str) -> tuple[str, ...]:
    """Return the skeletons that a folded word may be the negation of, in one dialect or another.

    ``ما`` or ``م`` before it, ``ش`` after it, or both (مفتتحش, ماافتتح, ماراحوش), around a verb
    that may begin with another letter of the present than the statement's.
    """
    found = _NEGATED.fullmatch(word)
    if found is None:
        return ()
    verb = found[1] or found[2]
    bare = [verb, verb[1:] if verb[0] in _PRESENT else ""]
    return tuple(skeleton for each in bare if len(skeleton := _skeleton(each)) >= _SHORTEST)


_VOWELS: Final = re.compile("[اويءه]")
_NEGATED: Final = re.compile("م(?:ا)?(.{3,}?)(?:ش|شي)?|(.{3,})ش")
_PRESENT: Final = "يتنبا"
#: Least letters of a skeleton: a shorter one fits any word.
_SHORTEST: Final = 2


class Output(IntEnum):
    """Columns of the cross-encoder's output: three of the relation, two of a logit each.

    ``RELEVANT``: both are about the same thing. ``SAME_CLAIM``: the claim is the one that the
    statement, where it is a reviewed claim, tells.
    """

    SUPPORTS = 0
    REFUTES = 1
    NOT_ENOUGH_INFO = 2
    RELEVANT = 3
    SAME_CLAIM = 4
