"""Read from the inbox's address what is looked at: its part, its order and its filter."""

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

#: What stands in an address for whoever reads it, and for clusters that nobody has.
ME, NOBODY = "me", "nobody"
#: What narrows the inbox, as addresses name it.
FILTERS: Final = ("language", "people", "growth", "outcome", "assigned", "tag", "since")
#: Everything that an address of the inbox may ask for.
FIELDS: Final = ("tab", "order", *FILTERS, "after")
#: What is meant where an address says nothing.
_UNSAID: Final = {"tab": "open", "order": "demand"}
#: Characters of a language's code.
_CODE: Final = 16
_KEY: Final = re.compile(r"[0-9a-f]{64}")


class Tab(StrEnum):
    """What part of the inbox is looked at."""

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
    """A part of the inbox; ``assigned`` is who was asked for, as the address says it.

    ``active`` are the filters that can be taken off.
    """

    tab: Tab
    order: Order
    after: str | None
    assigned: str
    only: Filter
    active: tuple[str, ...]

    @property
    def status(self) -> ClusterStatus:
        """Where the clusters of this part stand."""
        return _STATUS[self.tab]


def view(asked: Form, me: str) -> View:
    """Return what an address asks for; ``me`` is who reads. Raises BadForm."""
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
            people=_least(asked, "people"),
            growth=_least(asked, "growth"),
            outcome=asked.choice("outcome", Outcome),
            assignee=assignee,
            newer_than=_least(asked, "since"),
            tag=cluster_notes.normalise_tag(asked.line("tag", cluster_notes.LONGEST_TAG)) or None,
        ),
        active=tuple(
            name
            for name in FILTERS
            if asked.text(name) and not (name == "assigned" and tab is Tab.MINE)
        ),
    )


def kept(asked: Form, *without: str) -> Mapping[str, str]:
    """Return what an address asks the inbox for, and nothing else of it, nor what goes unsaid."""
    values = {name: asked.text(name) for name in FIELDS if name not in without}
    return {name: value for name, value in values.items() if value not in ("", _UNSAID.get(name))}


def _least(asked: Form, name: str) -> int | None:
    return asked.number(name) if asked.text(name) else None
