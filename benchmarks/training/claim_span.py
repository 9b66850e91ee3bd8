"""Fit the model that finds the claim between what people write around it; prints what it is worth.

    python -m benchmarks.training.claim_span [--measure FILE] [--write]

Messages are put together from written claims and wrappers (``wrappers``): none, one or two before
the claim, and after it. Wrappers that change what is claimed (denials, hedges, limits) belong to
the claim. Every tenth wrapper, and the written claims of the calibration split, are held out: from
them comes the margin by which a shorter stretch must beat the whole message, so that of bare claims
less than ``CUT`` lose a word. The model is a sum over words (``knowledge.claims.span``); its loss
is minus the log-probability of the right stretch among all stretches. ``--measure`` also reads a
file of wrapped claims, ``--write`` writes ``knowledge/claims/span.npz``.
"""

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from benchmarks.training import written
from benchmarks.training.written import Split
from knowledge.claims import span
from knowledge.claims.noise import bare_lines
from knowledge.claims.span import AFTER, BEFORE, DIMENSION, FIRST, LAST, ClaimSpan

SEED: Final = 5
MESSAGES: Final = 50_000
EPOCHS: Final = 5
BATCH: Final = 64
RATE: Final = 0.01
DECAY: Final = 1e-4
#: Share of bare claims that may lose a word.
CUT: Final = 0.03
SCALE: Final = 100
#: Share of a word's features that is left out at random while fitting.
DROPPED: Final = 0.15
#: Longer messages are not learned from: the table of all stretches is quadratic.
LONGEST: Final = 90

#: Blanks and marks that part a piece from the next one.
_AROUND: Final = " \n.,،:;؛-–—"

WRAPPERS: Final = Path(__file__).with_name("wrappers")
TARGET: Final = Path(span.__file__).with_suffix(".npz")


@dataclass(frozen=True, slots=True)
class Wrapper:
    """What stands around a claim; ``changes`` says that without it another thing is claimed."""

    before: str
    after: str
    changes: bool


@dataclass(frozen=True, slots=True)
class Made:
    """A message and where its claim is, as places of characters."""

    text: str
    start: int
    end: int


def main() -> None:
    """Fit, choose the margin, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", type=Path, help="a file of wrapped claims to measure on")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    torch.manual_seed(SEED)
    rng = random.Random(SEED)  # noqa: S311 (a seed, not a secret)
    known = wrappers()
    held = known[::10]
    learned = [each for n, each in enumerate(known) if n % 10]
    made = messages(claims(Split.TRAIN), learned, MESSAGES, rng)
    weights = fit(made, rng)
    whole = torch.round(weights * SCALE)
    model = ClaimSpan((whole / SCALE).numpy(), 0.0)
    unwrapped = [Made(text, 0, len(text)) for text in claims(Split.CALIBRATION)]
    gains = sorted((_gain(model, each.text) for each in unwrapped), reverse=True)
    margin = max(0.0, gains[int(CUT * len(gains))])
    model = ClaimSpan(model.weights, margin)
    print(f"{len(known)} wrappers, margin {margin:.2f}")
    wrapped = messages(claims(Split.CALIBRATION), held, 3_000, rng, unwrapped=0.0)
    show("held out wrappers", model, wrapped)
    show("bare claims of dev", model, [Made(t, 0, len(t)) for t in claims(Split.DEV)])
    if given.measure:
        show(given.measure.name, model, list(measured(given.measure)))
    if given.write:
        kept = whole.numpy().astype(np.int16)
        np.savez_compressed(TARGET, weights=kept, scale=SCALE, margin=round(margin, 3))


def wrappers() -> list[Wrapper]:
    """Return all wrappers, in the order of files and lines."""
    rows = (
        json.loads(line)
        for path in sorted(WRAPPERS.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    )
    return [Wrapper(bare(row["before"]), bare(row["after"]), row["changes"]) for row in rows]


def bare(piece: str) -> str:
    """Return a piece of a message as messages are read; blanks and marks at its ends stay."""
    inner = piece.strip(_AROUND)
    start = piece.index(inner) if inner else len(piece)
    return piece[:start] + bare_lines(inner) + piece[start + len(inner) :]


def claims(split: Split) -> list[str]:
    """Return the written claims of a split as messages are read."""
    found = [bare(claim.text) for item in written.items(split) for claim in item.claims]
    return [text for text in found if span.tokens(text)]


def messages(
    texts: Sequence[str],
    known: Sequence[Wrapper],
    count: int,
    rng: random.Random,
    unwrapped: float = 0.3,
) -> list[Made]:
    """Return ``count`` messages; the share ``unwrapped`` of them have nothing around the claim."""
    changing = [each for each in known if each.changes]
    plain = [each for each in known if not each.changes]
    ahead = [each.before for each in plain if each.before.strip()]
    behind = [each.after for each in plain if each.after.strip()]
    found = []
    for _ in range(count):
        claim = rng.choice(texts)
        if rng.random() < 0.2:
            other = rng.choice(changing)
            claim = f"{other.before}{claim}{other.after}".strip()
        if rng.random() < unwrapped:
            found.append(Made(claim, 0, len(claim)))
            continue
        before = "".join(_parted(rng.sample(ahead, rng.choice((0, 1, 1, 1, 2))), -1))
        after = "".join(_parted(rng.sample(behind, rng.choice((0, 1, 1, 1, 2))), 0))
        found.append(Made(before + claim + after, len(before), len(before) + len(claim)))
    return found


def _parted(pieces: Sequence[str], side: int) -> Iterator[str]:
    """Yield pieces with a blank on the ``side`` of the claim where nothing parts them from it."""
    for piece in filter(str.strip, pieces):
        if piece[side].isalnum():
            piece = f" {piece}" if side == 0 else f"{piece} "
        yield piece


def measured(path: Path) -> Iterator[Made]:
    """Yield the wrapped claims of a file: what changes the claim belongs to it."""
    for line in path.read_text("utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        before, claim, after = (bare(row[name]) for name in ("before", "claim", "after"))
        text = before + claim + after
        if row["changes"]:
            yield Made(text, 0, len(text))
        else:
            yield Made(text, len(before), len(before) + len(claim))


def fit(made: Sequence[Made], rng: random.Random) -> Tensor:
    """Return weights (DIMENSION, 4)."""
    read = [each for each in map(_read, made) if each is not None]
    bag = torch.nn.EmbeddingBag(DIMENSION, 4, mode="sum")
    torch.nn.init.zeros_(bag.weight)
    optimizer = torch.optim.AdamW(bag.parameters(), lr=RATE, weight_decay=DECAY)
    steps = EPOCHS * (len(read) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, steps)
    for epoch in range(EPOCHS):
        rng.shuffle(read)
        total = 0.0
        for start in range(0, len(read), BATCH):
            batch = read[start : start + BATCH]
            # A wrapper seen is soon known by heart: some of what is known of a word is left out.
            flat = [
                [place for place in each if rng.random() >= DROPPED] or each[:1]
                for tokens, _, _ in batch
                for each in tokens
            ]
            offsets = np.cumsum([0, *(len(each) for each in flat[:-1])])
            ids = torch.tensor([each for token in flat for each in token])
            scores = bag(ids, torch.tensor(offsets))
            loss, at = torch.zeros(()), 0
            for tokens, first, last in batch:
                loss = loss + _loss(scores[at : at + len(tokens)], first, last)
                at += len(tokens)
            total += float(loss.detach())
            (loss / len(batch)).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
        print(f"epoch {epoch + 1}: loss {total / len(read):.4f}", flush=True)
    return bag.weight.detach()


def _read(made: Made) -> tuple[list[list[int]], int, int] | None:
    found = span.tokens(made.text)
    inside = [n for n, each in enumerate(found) if made.start <= each.start < made.end]
    if not inside or len(found) > LONGEST:
        return None
    return [span.features(found, n) for n in range(len(found))], inside[0], inside[-1]


def _loss(scores: Tensor, first: int, last: int) -> Tensor:
    """Return minus the log-probability of one stretch among all, (tokens, 4) being their scores."""
    ahead = torch.cat([torch.zeros(1), scores[:-1, BEFORE].cumsum(0)]) + scores[:, FIRST]
    after = scores[:, AFTER].sum() - scores[:, AFTER].cumsum(0) + scores[:, LAST]
    table = ahead[:, None] + after[None, :]
    count = len(scores)
    table = table.masked_fill(torch.tril(torch.ones(count, count, dtype=torch.bool), -1), -1e9)
    return table.flatten().logsumexp(0) - table[first, last]


def _gain(model: ClaimSpan, text: str) -> float:
    found = span.tokens(text)
    if len(found) < 2:
        return 0.0
    return model.best(found)[2]


def show(name: str, model: ClaimSpan, made: Sequence[Made]) -> None:
    """Print how often the very claim is found, a word of it is lost, or of others is kept."""
    exact = lost = kept = 0
    for each in made:
        cut = model.find(each.text)
        at = each.text.find(cut)
        right = span.tokens(each.text[each.start : each.end])
        said = span.tokens(cut)
        lost += at > each.start + right[0].start or at + said[-1].end < each.start + right[-1].end
        kept += at + said[0].start < each.start or at + said[-1].end > each.end
        exact += [w.key for w in said] == [w.key for w in right]
    count = len(made)
    print(
        f"{name}: {count}, exact {exact / count:.3f}, words of the claim lost {lost / count:.3f},"
        f" of others kept {kept / count:.3f}"
    )


if __name__ == "__main__":
    main()
