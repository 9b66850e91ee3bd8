"""Read and write JSONL for the batch commands, and serialise answers as JSON."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from bot.cli.output_files import open_atomically
from bot.cli.progress_bar import make_reporter
from knowledge.agreement.judgement import Judgement, Reason
from knowledge.checking.outcomes import Answer, Match

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Row:
    """A valid line of a batch file: the requested fields by name, all of them text.

    A missing optional field is empty.
    """

    line: int
    fields: dict[str, str]


class BatchFailure(click.ClickException):
    """Some lines of a batch are invalid; the others were processed."""


def run_batch(
    source: Path,
    target: Path,
    names: tuple[str, ...],
    work: Callable[[Row], dict[str, Any]],
    optional: tuple[str, ...] = (),
) -> None:
    """Write the results of ``work`` for each row of ``source`` to ``target``, atomically.

    Invalid lines are reported on standard error. Raises BatchFailure at the end if there were any.
    """
    if source.resolve() == target.resolve():
        raise click.UsageError("--output names the file that --batch reads; name another")
    bad = 0
    bar = make_reporter("Answering")
    with open_atomically(target) as out:
        for done, total, item in _read_rows(source, names, optional):
            if bar is not None:
                bar(done, total)
            if isinstance(item, str):
                click.echo(f"{source}: {item}", err=True)
                bad += 1
            else:
                out.write(json.dumps(work(item), ensure_ascii=False) + "\n")
    if bad:
        raise BatchFailure(f"{bad} of the lines could not be used; the rest is in {target}")


def serialise_answer(answer: Answer) -> dict[str, Any]:
    """Return an answer as JSON of the public interface."""
    return {
        "outcome": answer.outcome.value,
        "confidence": round(answer.confidence, 4),
        "matches": [_serialise_match(rank, match) for rank, match in enumerate(answer.matches, 1)],
    }


def serialise_judgement(judgement: Judgement) -> dict[str, Any]:
    """Return a judgement as JSON of the public interface."""
    return {
        "relation": judgement.relation.value,
        "confidence": round(judgement.confidence, 4),
        "reasons": [_format_reason(reason) for reason in judgement.reasons],
    }


def _serialise_match(rank: int, match: Match) -> dict[str, Any]:
    s = match.statement
    return {
        "rank": rank,
        "statement_ref": s.ref,
        "report_ref": s.report_ref,
        "text": s.text,
        **serialise_judgement(match.judgement),
        "score": round(match.score, 6),
        "relevance": round(match.relevance, 4),
        "speaker": s.speaker,
        "publisher": s.publisher,
        "title": s.title,
        "url": s.url,
        "published_at": s.published_at.isoformat() if s.published_at else None,
        "rating": s.rating.value if s.rating else None,
        **({"note": match.note.plain()} if match.note else {}),
    }


def _format_reason(reason: Reason) -> str:
    quoted = " / ".join(f"«{part}»" for part in (reason.claim, reason.statement) if part)
    return f"{reason.kind.value}: {quoted}" if quoted else reason.kind.value


def _read_rows(
    path: Path, names: tuple[str, ...], optional: tuple[str, ...]
) -> Iterator[tuple[int, int, Row | str]]:
    """Yield each line's number, the number of lines, and the line's row or error."""
    try:
        with path.open("rb") as file:
            total = 0
            if file.seekable():
                total = sum(1 for _ in file)
                file.seek(0)
            for number, raw in enumerate(file, 1):
                if raw.strip():
                    yield number, max(number, total), _parse_row(number, raw, names, optional)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be read: {error.strerror}") from error


def _parse_row(
    number: int, raw: bytes, names: tuple[str, ...], optional: tuple[str, ...]
) -> Row | str:
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return f"line {number}: not UTF-8 text"
    except (ValueError, RecursionError):
        return f"line {number}: not a JSON object"
    if not isinstance(data, dict):
        return f"line {number}: not a JSON object"
    fields = {}
    for name in (*names, *optional):
        value = data.get(name)
        if value is None and name in optional:
            value = ""
        if name == "id" and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            return f"line {number}: the field {name!r} must be text"
        if _LONE_SURROGATE.search(value):
            return f"line {number}: the field {name!r} holds half a character (a lone surrogate)"
        fields[name] = value
    return Row(number, fields)
