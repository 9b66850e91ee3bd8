"""Labelled pairs the cross-encoder learns from. Only training splits; dev pairs are never here."""

import gzip
import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain

from benchmarks.datasets import require, rows
from benchmarks.kept_vectors import nearest
from benchmarks.swaps.deeds import deeds
from benchmarks.swaps.generator import Swap, harmless, is_held_out, swapped
from benchmarks.swaps.hedges import hedges
from benchmarks.swaps.parties import parties
from benchmarks.swaps.slots import exchanged, extended, shortened, slots
from benchmarks.swaps.told import Told
from embeddings.cross_encoder.onnx_cross_encoder import Pair
from embeddings.encoders.encoder import Encoder
from knowledge.domain import Relation

SUPPORTS, REFUTES, OPEN = Relation.SUPPORTS, Relation.REFUTES, Relation.NOT_ENOUGH_INFO


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A claim, a statement, and what is known of them: None stands for what is not.

    ``context`` is what the statement is read with; ``same`` says whether the claim is the one that
    the statement, if it is a reviewed claim, tells.
    """

    claim: str
    statement: str
    relation: Relation | None
    relevant: bool | None
    context: str = ""
    same: bool | None = None

    @property
    def as_read(self) -> Pair:
        """What a cross-encoder reads of it."""
        return Pair(self.claim, self.statement, self.context)

    def turned(self) -> "LabelledPair":
        """Return the pair the other way round (true of what holds both ways)."""
        return replace(self, claim=self.statement, statement=self.claim, context="")


STANCE = {"agree": SUPPORTS, "disagree": REFUTES, "other": OPEN}
DIGIT = {"0": OPEN, "1": SUPPORTS, "2": REFUTES}


def stance() -> list[LabelledPair]:
    """Return ANS train both ways, with the pairs that follow: two texts of one headline.

    What agrees with a headline contradicts what contradicts it; two that agree with it agree.
    """
    found: list[LabelledPair] = []
    by_headline: dict[str, list[tuple[str, Relation]]] = defaultdict(list)
    for row in rows("ans", "stance_train.jsonl"):
        relation = STANCE[row["stance"]]
        known = LabelledPair(row["s1"], row["s2"], relation, relation is not OPEN)
        found += [known, known.turned()]
        by_headline[row["s1"]].append((row["s2"], relation))
    for texts in by_headline.values():
        for n, (one, first) in enumerate(texts):
            for other, second in texts[n + 1 :]:
                if {first, second} <= {SUPPORTS, REFUTES} and SUPPORTS in (first, second):
                    relation = SUPPORTS if first is second else REFUTES
                    found.append(LabelledPair(one, other, relation, True))
    return found


def other_headlines(encoder: Encoder, count: int, rng: random.Random) -> list[LabelledPair]:
    """Return ``count`` of ANS train's texts, each with a headline near it that it speaks not of.

    The nearest of all are passed over: newspapers tell of one event in several headlines.
    """
    own = headlines_of_stance()
    chosen = rng.sample(list(rows("ans", "stance_train.jsonl")), count)
    near = nearest(encoder, [row["s2"] for row in chosen], own, 24)
    return [
        LabelledPair(row["s2"], other, OPEN, False, "", False)
        for row, places in zip(chosen, near, strict=True)
        if (other := own[rng.choice(places[8:])]) != row["s1"]
    ]


def headlines_of_stance() -> list[str]:
    """Return ANS train's headlines."""
    return list(dict.fromkeys(row["s1"] for row in rows("ans", "stance_train.jsonl")))


def varied(pairs: Sequence[LabelledPair], rng: random.Random) -> list[LabelledPair]:
    """Return ``pairs`` with a third of their texts reworded, and swaps of what agrees.

    A swap contradicts where what it exchanges stands in the other text too.
    """
    found: list[LabelledPair] = []
    for pair in pairs:
        reworded = harmless(pair.claim, rng) if rng.random() < 0.3 else None
        found.append(replace(pair, claim=reworded or pair.claim))
        if pair.relation is SUPPORTS and rng.random() < 0.4:
            wrong = contradicting(pair.claim, pair.statement, rng)
            if wrong is not None:
                found.append(wrong if rng.random() < 0.5 else wrong.turned())
    return found


def contradicting(claim: str, statement: str, rng: random.Random) -> LabelledPair | None:
    """Return ``claim`` with something exchanged that ``statement`` says too; None without it."""
    for kind in rng.sample(list(Swap), len(Swap)):
        changed = swapped(claim, kind, rng)
        if changed and changed.before in statement and changed.after not in statement:
            return LabelledPair(changed.text, statement, REFUTES, True)
    return None


def arabic_entailment() -> list[LabelledPair]:
    """Return ArNLI train."""
    return [
        LabelledPair(row["h"], row["t"], DIGIT[row["label"]], None)
        for row in rows("arnli", "train.jsonl")
    ]


#: Longest English pair read, in words: cost grows with length.
LONGEST = 48


#: What of the English evidence everybody may use.
_FREE = ("fever_symmetric", "fever_dev")


def evidence(count: int, rng: random.Random, *, held_out: bool = False) -> list[LabelledPair]:
    """Return ``count`` English evidence pairs, up to half of them counterfactual ones.

    Those to learn from, or those kept for calibration: a claim's pairs are all on one side.
    """
    always: list[LabelledPair] = []
    others: list[LabelledPair] = []
    for name in _FREE:
        for row in rows("evidence-en", f"{name}.jsonl"):
            words = len(row["claim"].split()) + len(row["evidence"].split())
            if words <= LONGEST and is_held_out(row["claim"]) is held_out:
                relation = Relation(row["label"])
                pair = LabelledPair(row["claim"], row["evidence"], relation, None)
                (always if name == "fever_symmetric" else others).append(pair)
    first = rng.sample(always, min(len(always), count // 2))
    return (first + rng.sample(others, len(others)))[:count]


@dataclass(frozen=True, slots=True)
class Article:
    """What is used of a news article."""

    title: str
    opening: str
    body: str
    date: str


@cache
def articles(*, held_out: bool = False) -> tuple[Article, ...]:
    """Return SaudiNewsNet's articles with distinct titles: those to learn from, or the others."""
    found: dict[str, Article] = {}
    with gzip.open(require("saudinewsnet", "articles.jsonl.gz"), "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            title = " ".join(row["title"].split())
            if 4 <= len(title.split()) <= 22 and is_held_out(title) is held_out:
                body = " ".join(row["content"].split())[:1_000]
                date = str(row.get("date_extracted", ""))
                found.setdefault(title, Article(title, body[:400], body, date))
    return tuple(found.values())


def headlines(*, held_out: bool = False) -> list[str]:
    """Return the titles of ``articles``."""
    return [article.title for article in articles(held_out=held_out)]


def english_claims(*, held_out: bool = False) -> list[str]:
    """Return FEVER's supported claims: those to learn from, or the others."""
    return [
        row["claim"]
        for row in rows("evidence-en", "fever_dev.jsonl")
        if row["label"] == "SUPPORTS" and is_held_out(row["claim"]) is held_out
    ]


def swaps(count: int, rng: random.Random, texts: Sequence[str]) -> list[LabelledPair]:
    """Return ``count`` pairs: ``texts`` with one thing exchanged, and harmless rewordings."""
    found: list[LabelledPair] = []
    kinds = list(Swap)
    for number, title in enumerate(rng.sample(texts, len(texts))):
        if len(found) >= count:
            break
        changed = None
        for step in range(len(kinds)):
            changed = swapped(title, kinds[(number + step) % len(kinds)], rng)
            if changed is not None:
                break
        same = harmless(title, rng)
        if changed is not None:
            wrong = LabelledPair(changed.text, title, REFUTES, True)
            found.append(wrong if rng.random() < 0.5 else wrong.turned())
            if same is not None and rng.random() < 0.5:
                # A swap must be seen through a rewording, not only where all else is equal.
                found.append(LabelledPair(changed.text, same, REFUTES, True))
        if same is not None and rng.random() < 0.5:
            found.append(LabelledPair(same, title, SUPPORTS, True))
        elif rng.random() < 0.3:
            found.append(LabelledPair(title, title, SUPPORTS, True))
    return found[:count]


#: Kinds that few headlines offer: every one that does is read in every epoch.
_RARE = (Swap.ROLE, Swap.YEAR)


def rare_swaps(rng: random.Random, texts: Sequence[str]) -> list[LabelledPair]:
    """Return every one of ``texts`` that offers a rare kind of swap, swapped, and kept as it is."""
    found: list[LabelledPair] = []
    for text in texts:
        for kind in _RARE:
            changed = swapped(text, kind, rng)
            if changed is not None:
                wrong = LabelledPair(changed.text, text, REFUTES, True)
                same = LabelledPair(harmless(text, rng) or text, text, SUPPORTS, True)
                found += [wrong if rng.random() < 0.5 else wrong.turned(), same]
    return found


def who_did_what(count: int, rng: random.Random) -> list[LabelledPair]:
    """Return made pairs of who did what to whom."""
    return [
        LabelledPair(deed.claim, deed.statement, SUPPORTS if deed.same else REFUTES, True)
        for deed in deeds(count, rng)
    ]


def hedged(count: int, rng: random.Random, texts: Sequence[str]) -> list[LabelledPair]:
    """Return pairs of what was done and what is only planned, asked for, feared or rumoured."""
    return _labelled(hedges(count, rng, texts))


def of_parties(count: int, rng: random.Random) -> list[LabelledPair]:
    """Return made pairs of who did what to whom, told by common nouns."""
    return _labelled(parties(count, rng))


def _labelled(told: Sequence[Told]) -> list[LabelledPair]:
    return [LabelledPair(each.claim, each.statement, each.relation, True) for each in told]


def other_words(count: int, rng: random.Random, texts: Sequence[str]) -> list[LabelledPair]:
    """Return ``texts`` with another word in one place, or more or less said at their end.

    What says more follows not from what says less; whether the two are of one story stays open.
    """
    known = slots(tuple(texts))
    found: list[LabelledPair] = []
    for title in rng.sample(texts, len(texts)):
        if len(found) >= count:
            break
        other = exchanged(title, known, rng)
        if other is not None:
            pair = LabelledPair(other, title, OPEN, None)
            found.append(pair if rng.random() < 0.7 else pair.turned())
        longer, shorter = extended(title, known, rng), shortened(title)
        if longer is not None and rng.random() < 0.4:
            found.append(LabelledPair(longer, title, OPEN, True))
        elif longer is not None and rng.random() < 0.15:
            found.append(LabelledPair(title, longer, SUPPORTS, True))
        if shorter is not None and rng.random() < 0.6:
            found.append(LabelledPair(shorter, title, SUPPORTS, True))
        elif shorter is not None:
            found.append(LabelledPair(title, shorter, OPEN, True))
    return found[:count]


def digest(epochs: Sequence[Sequence[LabelledPair]]) -> str:
    """Return a short fingerprint of the pairs, so that a resumed run notices other data."""
    value = hashlib.sha256()
    for pair in chain.from_iterable(epochs):
        value.update(f"{pair!r}\n".encode("utf-8", "replace"))
    return value.hexdigest()[:12]


def batches(
    pairs: Sequence[LabelledPair], size: int, rng: random.Random
) -> Iterator[list[LabelledPair]]:
    """Yield batches of pairs of like length (little padding), in random order."""
    order = sorted(
        pairs, key=lambda p: len(p.claim) + len(p.statement) + len(p.context) + rng.uniform(-8, 8)
    )
    groups = [list(order[n : n + size]) for n in range(0, len(order), size)]
    rng.shuffle(groups)
    yield from groups
