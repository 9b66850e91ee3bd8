"""Runs a supervisor whose children do as they are told: what test_supervisor.py starts.

    python -m tests.e2e.forking HOW

Each child prints "NUMBER PID"; then it waits for its end (``wait``), has said why the bot cannot go
on (``refuse``), or breaks (``break``). Pauses between starts are left out.
"""

import os
import select
import sys
from datetime import timedelta

from bot.errors import BotError
from bot.supervision import supervisor
from bot.supervision.shared_signals import SharedSignals
from bot.supervision.supervisor import BROKEN, CANNOT_GO_ON, FRONT, Supervisor, end_child
from knowledge.backoff import Backoff


def main() -> None:
    """Run until told to stop."""
    how = sys.argv[1]
    supervisor._BACKOFF = Backoff(timedelta(), timedelta())  # type: ignore[misc]
    signals = SharedSignals(1)
    try:
        number = Supervisor(1, signals).run()
    except BotError as error:
        sys.exit(f"{error}")
    if number is None:
        print("all ended", flush=True)
        return
    print(number, os.getpid(), flush=True)
    if how == "wait" or number == FRONT:
        select.select([signals.supervisor_ended], [], [])
        print("orphaned", flush=True)
    end_child({"wait": 0, "refuse": CANNOT_GO_ON, "break": BROKEN}[how])


if __name__ == "__main__":
    main()
