"""Two moderators at once: who comes second hears what the first did; nothing is overwritten."""

from sqlalchemy.orm import Session

from knowledge import curation
from knowledge.curation.edit_conflicts import make_stale_error
from knowledge.domain import SubjectKind
from knowledge.errors import Stale


def require_moved(session: Session, ids: list[int], moved: int) -> None:
    """Raise Stale if only some of the statements could be moved: somebody was there before."""
    if moved == len(ids):
        return
    for number in ids:
        done = curation.load_last_act(session, SubjectKind.STATEMENT, number)
        if done is not None:
            raise make_stale_error(session, SubjectKind.STATEMENT, number)
    raise Stale("somebody was there before", "?", "changed")
