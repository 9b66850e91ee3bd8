"""Parse the inbox's query: tab, order and filters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.console.errors import BadForm
from bot.console.forms import Form
from knowledge.claim_queue import cluster_notes
from knowledge.claim_queue.cluster_filters import Filter
from knowledge.claim_queue.cluster_listing import Order
from knowledge.domain import ClusterStatus, Outcome

#: Query values for one's own clusters, and for clusters assigned to nobody.
ME, NOBODY = "me", "nobody"
#: The inbox's filters, as query parameters.
FILTERS: Final = ("language", "people", "growth", "outcome", "assigned", "tag", "since")
#: All query parameters of the inbox.
FIELDS: Final = ("tab", "order", *FILTERS, "after")
#: Default values of the query parameters.
_UNSAID: Final = {"tab": "open", "order": "demand"}
#: Maximum characters of a language code.
_CODE: Final = 16
_KEY: Final = re.compile(r"[0-9a-f]{64}")


class Tab(StrEnum):
    """The tabs of the inbox."""

    OPEN = "open"
    MINE = "mine"
    SNOOZED = "snoozed"
    ANSWERED = "answered"
    REJECTED = "rejected"


_STATUS: Final = {
    Tab.OPEN: ClusterStatus.OPEN,
    Tab.MINE: ClusterStatus.OPEN,
    Tab.SNOOZED: ClusterStatus.SNOOZED,
    Tab.ANSWERED: ClusterStatus.ANSWERED,
    Tab.REJECTED: ClusterStatus.REJECTED,
}


@dataclass(frozen=True, slots=True)
class View:
    """A view of the inbox. ``assigned`` is the assignee as the query names them.

    ``active`` are the filters that can be removed.
    """

    tab: Tab
    order: Order
    after: str | None
    assigned: str
    only: Filter
    active: tuple[str, ...]

    @property
    def status(self) -> ClusterStatus:
        """The status of this tab's clusters."""
        return _STATUS[self.tab]


def parse_view(asked: Form, me: str) -> View:
    """Parse the inbox's query; ``me`` is the reader's key. Raises BadForm."""
    tab = asked.choice("tab", Tab) or Tab.OPEN
    assigned = ME if tab is Tab.MINE else asked.text("assigned")
    assignee = {"": None, ME: me, NOBODY: ""}.get(assigned, assigned)
    if assignee and not _KEY.fullmatch(assignee):
        raise BadForm("assigned", "no person's key")
    return View(
        tab=tab,
        order=asked.choice("order", Order) or Order.DEMAND,
        after=asked.text("after") or None,
        assigned=assigned,
        only=Filter(
            language=asked.text("language", _CODE) or None,
            people=_parse_minimum(asked, "people"),
            growth=_parse_minimum(asked, "growth"),
            outcome=asked.choice("outcome", Outcome),
            assignee=assignee,
            newer_than=_parse_minimum(asked, "since"),
            tag=cluster_notes.normalise_tag(asked.line("tag", cluster_notes.LONGEST_TAG)) or None,
        ),
        active=tuple(
            name
            for name in FILTERS
            if asked.text(name) and not (name == "assigned" and tab is Tab.MINE)
        ),
    )


def list_query_fields(asked: Form, *without: str) -> Mapping[str, str]:
    """Return the inbox's own query parameters without default values and without ``without``."""
    values = {name: asked.text(name) for name in FIELDS if name not in without}
    return {name: value for name, value in values.items() if value not in ("", _UNSAID.get(name))}


def _parse_minimum(asked: Form, name: str) -> int | None:
    return asked.number(name) if asked.text(name) else None
