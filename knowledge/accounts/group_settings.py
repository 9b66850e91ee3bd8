"""Groups whose admins said how the bot behaves there, and when it may speak up unasked.

A group is a keyed hash, like a person. Of what is said in it nothing is kept.
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

#: How often in an hour the bot speaks up where nobody chose: more would be its group, not theirs.
PER_HOUR: Final = 3

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """How the bot behaves in a group. ``language`` None: everybody is spoken to in their own."""

    watching: bool = False
    per_hour: int = PER_HOUR
    language: str | None = None


def group_key(secret: bytes, channel: str, number: int) -> str:
    """Return the name a group has here: a hash that no person's number leads to."""
    return person_key(secret, f"{channel}-group", number)


def load_settings(session: Session, key: str) -> GroupSettings:
    """Return what the admins of a group chose."""
    row = session.get(Group, key)
    return GroupSettings(row.watching, row.per_hour, row.language) if row else GroupSettings()


def load_member(session: Session, key: str, group: str | None) -> Known:
    """Return what is remembered of a person; in a group, its language goes before their own."""
    known = load_person(session, key)
    language = load_settings(session, group).language if group is not None else None
    if language is None:
        return known
    return replace(known, wishes=replace(known.wishes, language=language))


def choose_watching(session: Session, key: str, watching: bool) -> None:
    """Have the bot look at what is said in a group, or not."""
    _change(session, key, watching=watching)


def choose_per_hour(session: Session, key: str, per_hour: int) -> None:
    """Have the bot speak up so many times an hour at most."""
    _change(session, key, per_hour=per_hour)


def choose_language(session: Session, key: str, language: str | None) -> None:
    """Remember the language a group is spoken to in, None for everybody's own."""
    _change(session, key, language=language)


def list_watched(session: Session) -> frozenset[str]:
    """Return the keys of the groups that are watched."""
    return frozenset(session.scalars(select(Group.key).where(Group.watching)))


def may_speak(session: Session, key: str, at: datetime) -> bool:
    """Tell whether the bot may speak up in a group now: before anything is looked for."""
    row = session.get(Group, key)
    return row is not None and _has_room(row, at)


def speak(session: Session, key: str, at: datetime) -> bool:
    """Take the right to speak up once; False where there is none.

    The transaction must end before anything is said: what is not said after all still counts, so
    that neither two processes nor one that begins anew ever say more than the group wants.
    """
    # An UPDATE that changes nothing: the row is this transaction's alone until its end.
    taking = update(Group).where(Group.key == key).values(per_hour=Group.per_hour).returning(Group)
    row = session.scalars(taking, execution_options=_FRESH).one_or_none()
    if row is None or not _has_room(row, at):
        return False
    row.spoken_at = [*_lately(row.spoken_at, at), at.isoformat()]
    return True


def move(session: Session, old: str, new: str) -> None:
    """Have a group go by another key; what was chosen under that one by now stands."""
    # Of two who move it at once the second finds nothing.
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
    """Forget what was chosen in a group."""
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
