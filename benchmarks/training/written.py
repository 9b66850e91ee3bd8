"""The project's own written claims as pairs: to learn from, to calibrate on, to evaluate with."""

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Final

from benchmarks.kept_vectors import nearest
from benchmarks.training.claims.check import files
from benchmarks.training.pairs import OPEN, REFUTES, SUPPORTS, LabelledPair
from embeddings.encoders.encoder import Encoder
from knowledge.agreement.judgement import Evidence
from knowledge.domain import Relation

#: How names of files begin whose statements are claims that fact-checkers reviewed.
_REVIEWED: Final = ("ar-factchecks", "reviewed-claims")
#: Files written after the weights that other files were read for.
LATEST: Final = frozenset({
    "debunk-words", "exchanged", "exchanged-2", "numbers-bound", "own-words", "reviewed-claims-3",
    "roles-2", "rumours", "several-parts", "short-topics",
})  # fmt: skip
GUARD: Final = Path(__file__).parents[1] / "guard"
_RELATIONS: Final = {"S": SUPPORTS, "R": REFUTES, "N": OPEN}
#: Claims that settle nothing and yet are, or hold, the claim that was reviewed: who asks about
#: them wants to know of the review. Neither the same nor another.
_NEAR_THE_SAME: Final = frozenset({"extra", "hedge"})
#: Claims that settle nothing because they speak of something else, more or less.
OTHER: Final = frozenset({"other-event", "other-state", "generalised"})
#: In so many readings of a hundred a statement has all, or a part, of its context; else none.
_WHOLE, _PART = 60, 22
#: Of the statements so many are looked at for one that is near and another's.
NEAR: Final = 24
#: In this share of readings a reviewed claim has its title, so that nobody is led astray by one.
_TITLED: Final = 0.33


class Split(Enum):
    """What an item is for, by the last digit of its id."""

    TRAIN = "12346789"
    DEV = "0"
    CALIBRATION = "5"


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody would type about an item."""

    text: str
    relation: Relation
    kind: str
    variety: str


@dataclass(frozen=True, slots=True)
class Item:
    """A statement with what it is read with, and claims about it."""

    id: str
    file: str
    language: str
    title: str
    before: str
    speaker: str
    statement: str
    claims: tuple[Claim, ...]

    @property
    def reviewed(self) -> bool:
        """Whether the statement is a claim that fact-checkers reviewed."""
        return self.file.startswith(_REVIEWED)

    @property
    def evidence(self) -> Evidence:
        """The statement as it is judged."""
        return Evidence(self.statement, self.title, self.speaker, self.before, self.reviewed)

    @property
    def context(self) -> str:
        """What the cross-encoder reads the statement with."""
        return self.evidence.context


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the items of one split, in the order of files and lines."""
    return tuple(item for item in _read(files()) if item.id[-1] in split.value)


def guarded() -> tuple[Item, ...]:
    """Return the items of the guard set: for a last measurement only."""
    return tuple(_read(sorted(GUARD.glob("*.jsonl"))))


def _read(paths: Iterable[Path]) -> Iterator[Item]:
    for path in paths:
        for line in path.read_text("utf-8").splitlines():
            yield _item(json.loads(line), path.stem)


def _item(row: dict[str, Any], file: str) -> Item:
    return Item(
        row["id"],
        file,
        row["lang"],
        row["title"],
        row["before"],
        row["speaker"],
        row["statement"],
        tuple(
            Claim(each["text"], _RELATIONS[each["label"]], each["kind"], each["variety"])
            for each in row["claims"]
        ),
    )


def pair(item: Item, claim: Claim, context: str) -> LabelledPair:
    """Return what is known of one claim and its statement."""
    known = claim.relation is not OPEN or claim.kind not in _NEAR_THE_SAME
    return LabelledPair(
        claim.text,
        item.statement,
        claim.relation,
        None if claim.kind in OTHER else True,
        context,
        claim.relation is SUPPORTS if known else None,
    )


def written(rng: random.Random) -> list[tuple[str, LabelledPair]]:
    """Return every training claim with its file: its statement has all, a part, or no context.

    What is contradictory is so the other way round, too.
    """
    found = []
    for item in items(Split.TRAIN):
        for claim in item.claims:
            titled = not item.reviewed or rng.random() < _TITLED
            parts = [item.title if titled else "", item.speaker, item.before]
            chance = rng.randrange(100)
            if chance >= _WHOLE + _PART:
                parts = ["", "", ""]
            elif chance >= _WHOLE:
                parts[rng.randrange(3)] = ""
            title, speaker, before = parts
            context = Evidence(item.statement, title, speaker, before).context
            known = pair(item, claim, context)
            turns = claim.relation is REFUTES and rng.random() < 0.06
            found.append((item.file, known.turned() if turns else known))
    return found


def same_texts(count: int, rng: random.Random) -> list[LabelledPair]:
    """Return statements with themselves."""
    chosen = rng.sample(items(Split.TRAIN), count)
    return [LabelledPair(i.statement, i.statement, SUPPORTS, True, i.context, True) for i in chosen]


def texts() -> list[str]:
    """Return what training items state, and their titles."""
    found = [text for item in items(Split.TRAIN) for text in (item.statement, item.title) if text]
    return list(dict.fromkeys(found))


def strangers(
    encoder: Encoder, count: int, rng: random.Random, split: Split = Split.TRAIN
) -> list[LabelledPair]:
    """Return claims with statements of other items, most of them among the nearest."""
    every = items(split)
    claims = [(n, claim) for n, item in enumerate(every) for claim in item.claims]
    chosen = rng.sample(claims, min(count, len(claims)))
    near = nearest(
        encoder, [claim.text for _, claim in chosen], [item.statement for item in every], NEAR
    )
    found = []
    for (own, claim), places in zip(chosen, near, strict=True):
        others = [n for n in places if n != own]
        # Half among the very nearest, half further down.
        among = others[:4] if rng.random() < 0.5 else others
        other = every[rng.choice(among)] if rng.random() < 0.9 else rng.choice(every)
        if other is every[own]:
            continue
        context = other.context if rng.random() < 0.6 else ""
        found.append(LabelledPair(claim.text, other.statement, OPEN, False, context, False))
    return found
