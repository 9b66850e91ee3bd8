"""Find clusters by meaning: candidates to merge, or results of a search."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from embeddings.cross_encoder.onnx_cross_encoder import Pair
from embeddings.encoders.encoder import Encoder
from embeddings.index.score_normalisation import COHORT
from embeddings.search_results import Vectors
from knowledge.claim_queue.claim_equivalence import Comparing, Meaning
from knowledge.claim_queue.cluster_listing import resolve_merged_cluster
from knowledge.claim_queue.clustering import nearness
from knowledge.claim_queue.opposite_claims import may_oppose
from knowledge.domain import ClusterStatus, SubjectKind
from knowledge.index.vector_cache import load_kept, load_or_compute
from knowledge.models import AuditEntry, Claim, Cluster
from knowledge.storage.database import Sessions
from knowledge.text.language import guess_language

#: The most clusters returned, and how many are read to find them.
SUGGESTED: Final = 5
_AT_ONCE: Final = 2 * SUGGESTED
#: Clusters compared: those of highest recent demand.
_LOOKED_AT: Final = 5_000
#: Wordings of a cluster compared besides its title.
_WORDINGS: Final = 3
#: Least ``clustering.nearness`` for a cluster to be suggested for merging though it does not read
#: the same: 97 % of 400 of ANS train's paraphrases reach it, none of its 63 pairs on something
#: else.
CLEARLY: Final = 4.0
#: How many clusters with the nearest vectors have their common words counted as well.
_NOMINATED: Final = 50


#: Returns the probability of each text to be about a text.
Relevances = Callable[[str, Sequence[str]], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Similar:
    """A cluster, titled by its first wording."""

    id: int
    title: str
    people: int


def find_similar(
    sessions: Sessions, encoder: Encoder, meanings: Comparing, cluster_id: int
) -> list[Similar]:
    """Return open clusters similar to a cluster, those that mean the same first.

    Those that a denial, a number or a date sets apart are left out, and so are those that
    moderators split off. Raises NotFound.
    """
    with sessions() as session:
        row = resolve_merged_cluster(session, cluster_id)
        title, ours, others = row.title, _wordings(session, row), _open_beside(session, row.id)
    rows = load_or_compute(sessions, encoder, ours)
    near = _nearest(sessions, encoder, ours, rows, others)
    apart = [each for each in near if each[0] >= 0 and not may_oppose(title, each[1].title)]
    return _read(meanings, title, apart)


def find_about(
    sessions: Sessions, encoder: Encoder, relevances: Relevances, text: str
) -> list[tuple[float, Similar]]:
    """Return the few clusters, of any status, that are nearest to a text.

    Each comes with the probability that it is about the text, the surest first.
    """
    with sessions() as session:
        others = _similar(session)
    near = _nearest(sessions, encoder, [text], encoder.encode_statements([text]), others)
    nearest = [each for _, each in near[:_AT_ONCE]]
    sure = relevances(text, [each.title for each in nearest])
    return sorted(zip(sure, nearest, strict=True), key=lambda each: -each[0])


def _nearest(
    sessions: Sessions,
    encoder: Encoder,
    ours: Sequence[str],
    rows: Vectors,
    others: Sequence[Similar],
) -> list[tuple[float, Similar]]:
    """Return the nearest of ``others``, with how far each exceeds the threshold for being read.

    ``rows`` are the vectors of ``ours``; those of the others are only read from the cache.
    """
    known = load_kept(sessions, encoder.fingerprint, [each.title for each in others])
    others = [each for each in others if each.title in known]
    if not ours or not others:
        return []
    unrelated = rows @ load_or_compute(sessions, encoder, COHORT).T
    mean = unrelated.mean(axis=1, keepdims=True)
    spread = np.maximum(unrelated.std(axis=1, keepdims=True), 1e-6)
    above = (rows @ np.array([known[each.title] for each in others]).T - mean) / spread
    best = np.argsort(-above.max(axis=0))[:_NOMINATED].tolist()
    past = [
        (max(map(partial(_nearness, others[n].title), ours, above[:, n].tolist())), others[n])
        for n in best
    ]
    return sorted(past, key=lambda each: -each[0])


def _nearness(title: str, wording: str, above: float) -> float:
    abroad = guess_language(wording) != guess_language(title)
    return nearness(wording, title, above, abroad=abroad)


def _read(
    meanings: Comparing,
    text: str,
    near: Sequence[tuple[float, Similar]],
) -> list[Similar]:
    """Return those that read the same, then those that are clearly near and no opposite."""
    near = near[:_AT_ONCE]
    read = meanings.compare([Pair(text, each.title) for _, each in near])
    told = [(each, past, meaning) for (past, each), meaning in zip(near, read, strict=True)]
    chosen = [each for each, _, meaning in told if meaning is Meaning.SAME]
    others = [each for each, past, meaning in told if meaning is Meaning.OTHER and past >= CLEARLY]
    return [*chosen, *others][:SUGGESTED]


def _wordings(session: Session, row: Cluster) -> list[str]:
    texts = session.scalars(
        select(Claim.text)
        .where(Claim.cluster_id == row.id, Claim.text.not_in(["", row.title]))
        .order_by(Claim.id)
        .limit(_WORDINGS)
    )
    return [row.title, *texts] if row.title else []


def _open_beside(session: Session, cluster_id: int) -> Sequence[Similar]:
    """Return the open clusters except this one and those split from it, or it from them."""
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
    return _similar(session, Cluster.status == ClusterStatus.OPEN, Cluster.id.not_in(apart))


def _similar(session: Session, *conditions: ColumnElement[bool]) -> list[Similar]:
    """Return the clusters of highest recent demand that meet conditions."""
    rows = session.execute(
        select(Cluster.id, Cluster.title, Cluster.asker_count)
        .where(Cluster.merged_into.is_(None), Cluster.title != "", *conditions)
        .order_by(Cluster.heat.desc())
        .limit(_LOOKED_AT)
    )
    return [Similar(row.id, row.title, row.asker_count) for row in rows]
