"""Settings of groups: how the bot behaves there, and when it may speak up unasked.

A group is a keyed hash, like a person. Nothing that is said in it is stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from knowledge.accounts.people import Known, load_person, person_key
from knowledge.models import Group
from knowledge.storage.bulk_insert import insert_new

#: How often in an hour the bot speaks up by default, so that the group remains the people's.
PER_HOUR: Final = 3

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """The settings of a group. ``language`` None: everybody is addressed in their own."""

    watching: bool = False
    per_hour: int = PER_HOUR
    language: str | None = None


def group_key(secret: bytes, channel: str, number: int) -> str:
    """Return the key of a group: a hash that differs from every person's."""
    return person_key(secret, f"{channel}-group", number)


def load_settings(session: Session, key: str) -> GroupSettings:
    """Return the settings of a group."""
    row = session.get(Group, key)
    return GroupSettings(row.watching, row.per_hour, row.language) if row else GroupSettings()


def load_member(session: Session, key: str, group: str | None) -> Known:
    """Return what is known of a person; in a group, its language overrides their own."""
    known = load_person(session, key)
    language = load_settings(session, group).language if group is not None else None
    if language is None:
        return known
    return replace(known, wishes=replace(known.wishes, language=language))


def choose_watching(session: Session, key: str, watching: bool) -> None:
    """Turn watching on or off: whether the bot checks what is said in a group."""
    _change(session, key, watching=watching)


def choose_per_hour(session: Session, key: str, per_hour: int) -> None:
    """Set how often in an hour the bot may speak up."""
    _change(session, key, per_hour=per_hour)


def choose_language(session: Session, key: str, language: str | None) -> None:
    """Set the language of a group, None for everybody's own."""
    _change(session, key, language=language)


def list_watched(session: Session) -> frozenset[str]:
    """Return the keys of the watched groups."""
    return frozenset(session.scalars(select(Group.key).where(Group.watching)))


def may_speak(session: Session, key: str, at: datetime) -> bool:
    """Return whether the bot may speak up in a group now: checked before any search."""
    row = session.get(Group, key)
    return row is not None and _has_room(row, at)


def speak(session: Session, key: str, at: datetime) -> bool:
    """Use up one of the times that the bot may speak up; False if none is left.

    The transaction must end before anything is sent: what is not sent after all still counts, so
    that neither two processes nor a restarted one ever say more than the group allows.
    """
    # An UPDATE that changes nothing locks the row until the transaction ends.
    taking = update(Group).where(Group.key == key).values(per_hour=Group.per_hour).returning(Group)
    row = session.scalars(taking, execution_options=_FRESH).one_or_none()
    if row is None or not _has_room(row, at):
        return False
    row.spoken_at = [*_lately(row.spoken_at, at), at.isoformat()]
    return True


def move(session: Session, old: str, new: str) -> None:
    """Give a group another key; settings already stored under that key win."""
    # Of two transactions that move it, the second finds nothing.
    taking = delete(Group).where(Group.key == old).returning(Group)
    row = session.scalars(taking, execution_options=_FRESH).one_or_none()
    if row is not None:
        insert_new(
            session,
            Group,
            {
                "key": new,
                "watching": row.watching,
                "per_hour": row.per_hour,
                "language": row.language,
                "spoken_at": row.spoken_at,
            },
        )


def forget(session: Session, key: str) -> None:
    """Delete the settings of a group."""
    session.execute(
        delete(Group).where(Group.key == key), execution_options={"synchronize_session": False}
    )


def _has_room(row: Group, at: datetime) -> bool:
    return row.watching and len(_lately(row.spoken_at, at)) < row.per_hour


def _lately(spoken_at: Sequence[str], at: datetime) -> list[str]:
    return [moment for moment in spoken_at if datetime.fromisoformat(moment) > at - _HOUR]


def _change(session: Session, key: str, **values: Any) -> None:
    manners: dict[str, Any] = {
        "watching": False,
        "per_hour": PER_HOUR,
        "language": None,
        "spoken_at": [],
    }
    insert_new(session, Group, {"key": key} | manners)
    session.execute(
        update(Group).where(Group.key == key).values(**values),
        execution_options={"synchronize_session": False},
    )


# What is in hand already shows what others did to it.
_FRESH: Final = {"populate_existing": True, "synchronize_session": False}
