"""Block and unblock the person behind an inquiry, whose identity stays unknown."""

from collections.abc import Mapping
from dataclasses import replace

from starlette.responses import Response

from bot.console.errors import BadForm
from bot.console.pages.people import MAX_DAYS, block_terms
from bot.console.requests import Visit
from knowledge.claim_queue import askers


def show(visit: Visit, refused: Mapping[str, str] | None = None) -> Response:
    """Ask whether to leave a person unanswered; ``refused`` is why what was sent is unusable."""
    asking = visit.sent if refused else visit.asked
    who, cluster = visit.do(askers.load_asker, visit.number, asking.number("inquiry"), visit.now)
    return visit.page(
        "block.html",
        400 if refused else 200,
        asker=who,
        cluster=cluster,
        most=MAX_DAYS,
        refused=refused or {},
    )


def block(visit: Visit) -> Response:
    """Block the person who made an inquiry for some days."""
    inquiry = visit.sent.number("inquiry")
    try:
        until, reason = block_terms(visit)
    except BadForm as error:
        say = visit.words.say
        why = (
            say("Choose between 1 and {n} days.").format(n=MAX_DAYS)
            if error.field == "days"
            else say("Give the reason in one line for the audit log.")
        )
        return show(replace(visit, path=f"/clusters/{visit.number}"), {error.field: why})
    visit.do(askers.block_asker, visit.number, inquiry, until, visit.actor, reason)
    return visit.to(f"/clusters/{visit.number}", "blocked")


def unblock(visit: Visit) -> Response:
    """Unblock the person who made an inquiry."""
    visit.do(askers.unblock_asker, visit.number, visit.sent.number("inquiry"), visit.actor)
    return visit.to(f"/clusters/{visit.number}", "unblocked")
