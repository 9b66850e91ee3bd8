"""Align the words of a claim with those of a statement, in whatever form or language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from embeddings.text.tokenisation import stem
from knowledge.agreement.concepts import concepts
from knowledge.agreement.sentence_features import Reading, Word

# Object pronouns: "the man whom the soldier killed (قتله)" has its subject after the verb.
_OBJECTS = ("ه", "ها", "هم", "هما", "هن")


@dataclass(frozen=True, slots=True)
class Alignment:
    """A claim's words beside a statement's.

    ``pairs`` holds each aligned claim word with every statement word it may be, ``titled`` the
    words that only the context has (the report's title, the speaker), ``missing`` those that
    nothing has. ``speaker`` holds those of the first two that name who the claim quotes: a report
    names its speakers anywhere, so they do not count for order and nearness.
    """

    pairs: tuple[tuple[Word, tuple[Word, ...]], ...]
    titled: tuple[Word, ...]
    missing: tuple[Word, ...]
    speaker: frozenset[Word]
    statement: Reading

    @property
    def total(self) -> int:
        """How many content words the claim has."""
        return len(self.pairs) + len(self.titled) + len(self.missing)

    def has(self, ours: Word, theirs: Word) -> bool:
        """Tell whether a claim word may be that statement word."""
        return any(w is ours and theirs in found for w, found in self.pairs)

    @property
    def said(self) -> tuple[tuple[Word, tuple[Word, ...]], ...]:
        """The aligned words of what is claimed, without who is quoted for it."""
        return tuple(pair for pair in self.pairs if pair[0] not in self.speaker)

    def in_order(self) -> float:
        """Return the share of aligned words that keep one common order (0..1).

        Longest increasing run of places over the number of aligned words; each word takes
        whichever of its places keeps the run longest.
        """
        said = self.said
        if said and any(w.relative and not w.text.endswith(_OBJECTS) for w in said[0][1]):
            # A claim opens with its verb; in "the group which declared" that verb comes second.
            said = said[1:]
        if not said:
            return 0.0
        # Longest increasing subsequence with a choice of values a step: offered from the
        # highest down so that one word never counts twice.
        ends: list[int] = []
        for _, found in said:
            for place in sorted({w.place for w in found}, reverse=True):
                at = next((i for i, end in enumerate(ends) if end >= place), len(ends))
                ends[at : at + 1] = [place]
        return len(ends) / len(said)

    def only_moved(self, movable: Callable[[Word], bool]) -> bool:
        """Tell whether the words keep their order but for one that may stand elsewhere."""
        said = self.said
        return any(
            movable(word)
            and replace(self, pairs=(*said[:n], *said[n + 1 :]), speaker=frozenset()).in_order()
            == 1.0
            for n, (word, _) in enumerate(said)
        )

    def exchanged(self, chosen: Callable[[Word], bool]) -> bool:
        """Tell whether those of the aligned words that are ``chosen`` stand in another order."""
        kept = tuple(pair for pair in self.said if chosen(pair[0]))
        return len(kept) > 1 and replace(self, pairs=kept, speaker=frozenset()).in_order() < 1.0

    def density(self) -> float:
        """Return how much of the closest stretch that has every aligned word is made of them.

        A claim's words scattered over a long sentence need not be said of each other. 1 means
        that nothing else stands between them.
        """
        places = sorted((w.place, n) for n, (_, found) in enumerate(self.said) for w in found)
        held: dict[int, int] = {}
        best: tuple[int, int] | None = None
        left = 0
        for place, n in places:
            held[n] = held.get(n, 0) + 1
            while held and len(held) == len(self.said):
                start, first = places[left]
                if best is None or place - start < best[1] - best[0]:
                    best = (start, place)
                held[first] -= 1
                if not held[first]:
                    del held[first]
                left += 1
        if best is None:
            return 0.0
        inside = [w for w in self.statement.words if best[0] <= w.place <= best[1]]
        matched = {w.place for _, found in self.said for w in found}
        return sum(w.place in matched for w in inside) / len(inside)


def align(claim: Reading, statement: Reading, context: Reading) -> Alignment:
    """Align every content word of ``claim`` with ``statement``, then with ``context``."""
    pairs: list[tuple[Word, tuple[Word, ...]]] = []
    titled: list[Word] = []
    missing: list[Word] = []
    for word in claim.words:
        found = _matches(word, statement.words)
        if found:
            pairs.append((word, found))
        elif _matches(word, context.words):
            titled.append(word)
        else:
            missing.append(word)
    speaker = frozenset(w for w in claim.words if any(s <= w.start < e for s, e in claim.speaker))
    return Alignment(tuple(pairs), tuple(titled), tuple(missing), speaker, statement)


def _matches(word: Word, others: Sequence[Word]) -> tuple[Word, ...]:
    return tuple(other for other in others if same_thing(word.text, other.text))


@lru_cache(maxsize=16_384)
def same_thing(first: str, second: str) -> bool:
    """Tell whether two folded words name the same thing."""
    if first == second:
        return True
    return bool(concepts(first) & concepts(second)) or stem(first) == stem(second)
