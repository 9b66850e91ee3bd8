"""``tathabbat doctor``: look at every part and say what to do."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum

import click
from sqlalchemy.exc import SQLAlchemyError

from bot.app import App
from bot.errors import BotError
from embeddings.errors import EmbeddingsError
from knowledge import arrivals, indexing, schema
from knowledge.database import require_whole
from knowledge.errors import DatabaseUnavailable, KnowledgeError
from knowledge.models.base import now


class State(StrEnum):
    """How a part is."""

    OK = "ok"
    NOTE = "note"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part, how it is, and what to do if it is not well."""

    part: str
    state: State
    message: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")
@click.pass_obj
def doctor(app: App, as_json: bool) -> None:
    """Check the database, its schema, what waits, the model, the index and the token."""
    findings = [
        _look("database", lambda: _database(app)),
        _look("updates", lambda: _updates(app)),
        _look("model", lambda: _model(app)),
        _look("index", lambda: _index(app)),
        _look("telegram", lambda: _telegram(app)),
    ]
    for finding in findings:
        line = f"{finding.state.value:7}{finding.part}: {finding.message}"
        click.echo(json.dumps(asdict(finding), ensure_ascii=False) if as_json else line)
    if any(finding.state is State.FAILED for finding in findings):
        raise click.exceptions.Exit(1)


def _look(part: str, examine: Callable[[], tuple[State, str]]) -> Finding:
    try:
        state, message = examine()
    except (KnowledgeError, EmbeddingsError, BotError) as error:
        state, message = State.FAILED, str(error)
    except SQLAlchemyError as error:
        state, message = State.FAILED, f"the database failed ({type(error).__name__})"
    return Finding(part, state, message)


def _database(app: App) -> tuple[State, str]:
    require_whole(app.engine)
    found = schema.state(app.engine)
    if not found.known:
        raise DatabaseUnavailable(
            f"its revision {found.current} is newer than this program; update Tathabbat"
        )
    if found.current is None:
        return State.NOTE, "is empty; `tathabbat db upgrade` makes the tables"
    if not found.ready:
        raise DatabaseUnavailable("its schema is behind; run `tathabbat db upgrade`")
    return State.OK, f"{app.engine.dialect.name}, at revision {found.current}"


def _updates(app: App) -> tuple[State, str]:
    with app.sessions() as session:
        found = arrivals.tally(session)
    waits = f"{found.waiting} wait for an answer"
    if found.oldest is not None:
        waits += f", the longest for {_age(now() - found.oldest)}"
    said = f"{waits}; {found.repeats} answers may have been sent twice"
    if found.given_up:
        return State.NOTE, (
            f"{found.given_up} were given up; `tathabbat updates list` says why,"
            f" `tathabbat updates retry` tries again; {said}"
        )
    return State.OK, said


def _age(passed: timedelta) -> str:
    return str(timedelta(seconds=round(passed.total_seconds())))


def _model(app: App) -> tuple[State, str]:
    dimensions = app.encoder.encode_claims(["1"]).shape[1]
    return State.OK, f"{app.settings.embedding_model} gives {dimensions} dimensions"


def _index(app: App) -> tuple[State, str]:
    root, fingerprint = app.settings.index_dir, app.encoder.fingerprint
    state = indexing.inspect(app.sessions, root, fingerprint)
    if not state.published:
        return State.NOTE, "nothing is published; run `tathabbat ingest FILE --publish`"
    if state.manifest is None:
        return State.NOTE, "was never built; run `tathabbat reindex` for faster starts"
    behind = state.last_change - state.manifest.change_number
    return State.OK, f"holds {state.manifest.count} statements, {behind} changes behind"


def _telegram(app: App) -> tuple[State, str]:
    if app.settings.telegram_bot_token is None:
        return State.NOTE, "TELEGRAM_BOT_TOKEN is not set; only `tathabbat run` needs it"
    return State.OK, f"the token is that of @{app.telegram_name()}"
