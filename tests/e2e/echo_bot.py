"""The Telegram channel with a conversation that is a function of what was said.

In a test: ``with running(config, EchoTalk())``. As a process of its own:
``python -m tests.e2e.echo_bot API_URL [--hold]``; with ``--hold`` a held claim is never released.
"""

import argparse
import asyncio
import contextlib
import logging
import threading
from collections.abc import Iterator

from bot.conversation.reply import Asker, Block, Button, Reply, Style
from bot.telegram.application import Commands, TelegramConfig, run, serve
from tests.e2e.bot_api_server import TOKEN

COMMANDS: Commands = {
    "": (("start", "البداية"), ("help", "المساعدة"), ("language", "اللغة")),
    "en": (("start", "Start"), ("help", "Help"), ("language", "Language")),
}
BREAKS = "break"
HELD = "hold"


class EchoTalk:
    """Says back what it was asked; "break" raises, and "hold" waits until ``release`` is set."""

    def __init__(self) -> None:
        self.holding = threading.Event()
        self.release = threading.Event()

    def start(self, asker: Asker) -> Reply:
        return _reply(f"start {asker.id} {asker.language_code}")

    def help(self, asker: Asker) -> Reply:
        return _reply(f"help {asker.id}")

    def language(self, asker: Asker) -> Reply:
        return Reply((Block("language"),), ((Button("English", action="lang:en"),),))

    def claim(self, asker: Asker, text: str) -> Reply:
        if text == BREAKS:
            raise ValueError(f"the secret words of a person: {text}")
        if text == HELD:
            self.holding.set()
            self.release.wait()
        return Reply(
            (Block(f"claim {asker.id}", Style.HEADLINE), Block(text, Style.QUOTE)),
            (
                (
                    Button("Source", url="https://example.org/report"),
                    Button("Others", action="other:7"),
                ),
            ),
        )

    def press(self, asker: Asker, action: str) -> Reply:
        if action == BREAKS:
            raise ValueError("the press broke")
        return _reply(f"press {action}")

    def unsupported(self, asker: Asker) -> Reply:
        return _reply("unsupported")

    def failure(self, asker: Asker) -> Reply:
        return _reply("failure")


class Running:
    """A bot in a thread with a loop of its own."""

    def __init__(self, config: TelegramConfig, talk: EchoTalk) -> None:
        self._config, self._talk = config, talk
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def start(self) -> None:
        """Start it; returns before it is connected."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Ask it to stop, without waiting."""
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):  # it ended by itself meanwhile
                self._loop.call_soon_threadsafe(self._stop.set)

    def join(self) -> None:
        """Wait for its end; raises what it ended with."""
        self._thread.join()
        if self._error is not None:
            raise self._error

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        try:
            await serve(self._config, self._talk, COMMANDS, self._stop)
        except Exception as error:  # noqa: BLE001 - handed to ``join``
            self._error = error


@contextlib.contextmanager
def running(config: TelegramConfig, talk: EchoTalk) -> Iterator[Running]:
    """Run a bot for the body; whatever the talk still holds is released at the end."""
    bot = Running(config, talk)
    bot.start()
    try:
        yield bot
    finally:
        talk.release.set()
        bot.stop()
        bot.join()


def _reply(text: str) -> Reply:
    return Reply((Block(text),))


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("api_url")
    parser.add_argument("--hold", action="store_true")
    given = parser.parse_args()
    # Everything the program could ever log, as loud as it gets.
    logging.basicConfig(level=logging.INFO, format="%(name)s %(message)s")
    talk = EchoTalk()
    if not given.hold:
        talk.release.set()
    run(TelegramConfig(TOKEN, given.api_url), talk, COMMANDS)


if __name__ == "__main__":
    _main()
