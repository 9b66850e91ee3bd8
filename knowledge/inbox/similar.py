"""Find open clusters that a cluster may be merged with, for a moderator to decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from embeddings.background import COHORT
from embeddings.encoder import Encoder
from embeddings.pair_reader import Pair
from knowledge.database import Sessions
from knowledge.inbox.clustering import nearness
from knowledge.inbox.listing import standing
from knowledge.inbox.opposites import may_oppose
from knowledge.inbox.sameness import Comparing, Meaning
from knowledge.language import guess_language
from knowledge.models import AuditEntry, Claim, Cluster, ClusterStatus, SubjectKind
from knowledge.vectors import kept, vectors

#: Clusters that are suggested at most, and how many for each of those are read.
SUGGESTED: Final = 5
_READ: Final = 2 * SUGGESTED
#: Open clusters that are looked at: those of most recent demand.
_LOOKED_AT: Final = 2_000
#: Wordings of a cluster, beside its title, that others are compared with.
_WORDINGS: Final = 3
#: How far past being worth reading (``clustering.nearness``) a cluster is suggested that does not
#: read the same: 94 % of ANS train's paraphrases are, and fewer than 5 % of its pairs on something
#: else.
CLEARLY: Final = 4.0
#: Clusters of the nearest vectors whose words are counted as well.
_NOMINATED: Final = 50


@dataclass(frozen=True, slots=True)
class Similar:
    """An open cluster, called by the wording it began with."""

    id: int
    title: str
    people: int


def similar(
    sessions: Sessions, encoder: Encoder, meanings: Comparing, cluster_id: int
) -> list[Similar]:
    """Return open clusters that say the like of a cluster, those that mean the same first.

    What a denial, a number or a date sets apart is left out, and so is what moderators split off.
    Raises NotFound.
    """
    with sessions() as session:
        row = standing(session, cluster_id)
        title, ours, others = row.title, _wordings(session, row), _open_beside(session, row.id)
    known = kept(sessions, encoder.fingerprint, [each.title for each in others])
    others = [each for each in others if each.title in known]
    if not ours or not others:
        return []
    rows = vectors(sessions, encoder, ours)
    unrelated = rows @ encoder.encode_statements(COHORT).T
    mean = unrelated.mean(axis=1, keepdims=True)
    spread = np.maximum(unrelated.std(axis=1, keepdims=True), 1e-6)
    above = (rows @ np.array([known[each.title] for each in others]).T - mean) / spread
    best = np.argsort(-above.max(axis=0))[:_NOMINATED].tolist()
    nominated = [(others[n], above[:, n].tolist()) for n in best]
    near = [
        (max(map(partial(_nearness, each.title), ours, scores)), each) for each, scores in nominated
    ]
    nearest = sorted((each for each in near if each[0] >= 0), key=lambda each: -each[0])
    told = [each for each in nearest if not may_oppose(title, each[1].title)][:_READ]
    read = meanings.compare([Pair(title, each.title) for _, each in told])
    same = [each for (_, each), meaning in zip(told, read, strict=True) if meaning is Meaning.SAME]
    like = [
        each
        for (past, each), meaning in zip(told, read, strict=True)
        if meaning is Meaning.OTHER and past >= CLEARLY
    ]
    return [*same, *like][:SUGGESTED]


def _nearness(title: str, wording: str, above: float) -> float:
    abroad = guess_language(wording) != guess_language(title)
    return nearness(wording, title, above, abroad=abroad)


def _wordings(session: Session, row: Cluster) -> list[str]:
    texts = session.scalars(
        select(Claim.text)
        .where(Claim.cluster_id == row.id, Claim.text.not_in(["", row.title]))
        .order_by(Claim.id)
        .limit(_WORDINGS)
    )
    return [row.title, *texts] if row.title else []


def _open_beside(session: Session, cluster_id: int) -> Sequence[Similar]:
    """Return the open clusters but this one and what was split from it, or it from."""
    into = AuditEntry.after["cluster"].as_integer()
    apart = {cluster_id}
    for one, other in session.execute(
        select(AuditEntry.subject_id, into).where(
            AuditEntry.subject == SubjectKind.CLUSTER,
            AuditEntry.action == "split",
            or_(AuditEntry.subject_id == str(cluster_id), into == cluster_id),
        )
    ):
        apart |= {int(one), other}
    rows = session.execute(
        select(Cluster.id, Cluster.title, Cluster.people)
        .where(
            Cluster.status == ClusterStatus.OPEN,
            Cluster.merged_into.is_(None),
            Cluster.title != "",
            Cluster.id.not_in(apart),
        )
        .order_by(Cluster.heat.desc())
        .limit(_LOOKED_AT)
    )
    return [Similar(row.id, row.title, row.people) for row in rows]
