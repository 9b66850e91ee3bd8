"""Runs a supervisor whose children do as they are told: what test_supervisor.py starts.

    python -m tests.e2e.forking HOW

Each child prints "NUMBER PID"; then it waits for its end (``wait``; ``nohup`` with hangups
ignored), has said why the bot cannot go on (``refuse``), or breaks (``break``). With ``beat`` the
child that answers has a heartbeat, and the other has none yet. With ``thread`` the supervisor has
a thread beside it, as libraries start them while models load. Pauses between starts are left out.
"""

import os
import select
import signal
import sys
from datetime import timedelta
from threading import Event, Thread

from bot.errors import BotError
from bot.observability.shared_metrics import remove_metrics, share_metrics
from bot.supervision import supervisor
from bot.supervision.shared_signals import SharedSignals
from bot.supervision.supervisor import BROKEN, CANNOT_GO_ON, FRONT, Supervisor, end_child
from knowledge.backoff import Backoff

#: More than the supervisor lets pass for one look.
SILENCE_S = 2.5


def main() -> None:
    """Run until told to stop."""
    how = sys.argv[1]
    signal.signal(signal.SIGHUP, signal.SIG_IGN if how == "nohup" else signal.SIG_DFL)
    supervisor._BACKOFF = Backoff(timedelta(), timedelta())  # type: ignore[misc]
    signals = SharedSignals(1)
    with share_metrics():
        try:
            keeper = Supervisor(1, signals, silence_s=SILENCE_S)
            if how == "thread":
                Thread(target=Event().wait, daemon=True).start()
            number = keeper.run()
        except BotError as error:
            sys.exit(f"{error}")
        if number is None:
            say("all ended")
            return
        beats = how == "beat" and number != FRONT
        if beats:
            signals.beat(number)
        say(f"{number} {os.getpid()}")
        code = {"refuse": CANNOT_GO_ON, "break": BROKEN}.get(how)
        if code is None or number == FRONT:
            while not select.select([signals.supervisor_ended], [], [], 0.1)[0]:
                if beats:
                    signals.beat(number)
            say("orphaned")
        if signals.has_supervisor_ended:
            remove_metrics()
        end_child(code or 0)


def say(line: str) -> None:
    """Write a line at once, so that those of several processes never mix."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


if __name__ == "__main__":
    main()
