"""Run the shell blocks of a page: in a real shell, with stand-ins for what no test may call.

`tathabbat` is called in the test's own process, where the models are loaded once.
"""

import io
import json
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import click
import pytest

from bot.cli.main import tathabbat
from tests.integration.command_line import Cli, Result
from tests.pages import ROOT, Block, blocks

#: Programs that are not run, and why. The shell finds a stand-in that does nothing.
NOT_RUN: Final = {
    "apt-get": "installs packages from the internet",
    "docker": "pulls images from the internet",
    "editor": "waits for a person",
    "git": "reads a repository elsewhere",
    "journalctl": "reads systemd's journal",
    "make": "installs packages, or is the tests themselves; its targets are looked up",
    "man": "shows a page that make would have written",
    "ray": "starts and stops processes on several machines",
    "sudo": "as root, changes the machine; as the user tathabbat it is run as whoever tests",
    "systemctl": "speaks to systemd",
}
#: Commands of the program that are not run, and why. They are read with all their options.
NOT_RUN_COMMANDS: Final = {
    "reindex --ray": "needs a cluster of other machines",
    "run": "needs a token, and serves until it is stopped",
}
#: An installation, which most pages presuppose.
INSTALLED: Final = """
cd /var/lib/tathabbat
tathabbat ingest /opt/tathabbat/knowledge/samples/last-isis-pocket.txt --publish
cd /opt/tathabbat
"""
#: What stands where on a server, and where it stands for a test.
FOLDERS: Final = ("/opt/tathabbat", "/var/lib/tathabbat", "/var/backups/tathabbat")

_STAND_IN: Final = f"""#!{sys.executable} -S
import json, os, socket, sys
name, words = os.path.basename(sys.argv[0]), sys.argv[1:]
if name == "sudo" and words[:2] == ["-u", "tathabbat"]:
    command = [each for each in words[2:] if not each.startswith("--preserve-env=")]
    os.execvp(command[0], command)
with socket.create_connection(("127.0.0.1", int(os.environ["DOCUMENTED"]))) as test:
    call = {{"words": [name, *words], "folder": os.getcwd(), "environment": dict(os.environ)}}
    test.sendall(json.dumps(call).encode() + b"\\n")
    answer = json.loads(test.makefile().read())
sys.stdout.write(answer["out"])
sys.stderr.write(answer["err"])
sys.exit(answer["code"])
"""
_TARGETS: Final = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))


@dataclass
class Shell:
    """A machine as the pages have it: folders, a checkout of the project, and stand-ins."""

    folder: Path
    call: Cli
    #: Where the next block goes on.
    place: Path
    #: What the program was called with, whether it was run or only read.
    calls: list[list[str]] = field(default_factory=list)

    def run(self, block: Block) -> None:
        """Run a block, or write the file that it is; fails where a command of it does."""
        if block.file:
            _write(self.place / self._placed(block.file), block.text)
        if block.language == "sh":
            text = self._placed(block.text)
            printed, code = self._shell(text)
            assert code == 0, f"line {block.line}:\n{text}\n{printed}"

    def _placed(self, text: str) -> str:
        return re.sub("|".join(FOLDERS), lambda at: f"{self.folder}{at[0]}", text)

    def _shell(self, text: str) -> tuple[str, int]:
        """Run a text, answering what it asks of the test; returns what it printed, and its code."""
        printed, place = self.folder / "printed", self.folder / "place"
        environment = {
            "PATH": f"{self.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder / "home"),
            "LANG": "C.UTF-8",
        }
        with socket.create_server(("127.0.0.1", 0)) as listener, printed.open("w") as output:
            listener.settimeout(0.05)
            environment["DOCUMENTED"] = str(listener.getsockname()[1])
            with subprocess.Popen(
                ["bash", "-euo", "pipefail", "-c", f"{text}\npwd > '{place}'"],  # noqa: S607
                cwd=self.place,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            ) as shell:
                while shell.poll() is None:
                    self._serve(listener)
        if shell.returncode == 0:
            self.place = Path(place.read_text("utf-8").strip())
        return printed.read_text("utf-8"), shell.returncode

    def _serve(self, listener: socket.socket) -> None:
        """Answer one stand-in, if one calls within a moment."""
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            return
        with connection, connection.makefile("rw") as spoken:
            result = self._answer(json.loads(spoken.readline()))
            spoken.write(json.dumps(asdict(result)))

    def _answer(self, asked: dict[str, Any]) -> Result:
        name, *words = asked["words"]
        if name == "make" and not set(words) <= _TARGETS:
            return Result(2, "", f"no such target: {words}")
        if name == "docker" and "run" in words and "--entrypoint" not in words:
            # What is run in the container is the program.
            return _read(words[words.index("bot") + 1 :])
        if name != "tathabbat":
            return Result(0, "", "")
        self.calls.append(words)
        if reason_not_to_run(words):
            return _read(words)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(asked["folder"])
            for setting, value in asked["environment"].items():
                patch.setenv(setting, value)
            patch.setattr(sys, "stdin", io.StringIO())
            return self.call(*words)


def reason_not_to_run(words: list[str]) -> str | None:
    """Return why a call of the program is read and not run."""
    said = " ".join(words)
    return next((why for name, why in NOT_RUN_COMMANDS.items() if said.startswith(name)), None)


def _read(words: list[str]) -> Result:
    """Read a call of the program with all its options, and do nothing."""
    command: click.Command = tathabbat
    context = click.Context(tathabbat, info_name="tathabbat")
    try:
        while isinstance(command, click.Group):
            _, found, words = command.resolve_command(context, words)
            assert found is not None
            command, context = found, click.Context(found, context, info_name=found.name)
        command.make_context(command.name, list(words))
    except click.UsageError as error:
        return Result(error.exit_code, "", error.format_message())
    return Result(0, "", "")


def shell_in(folder: Path, call: Cli) -> Shell:
    """Return a shell in a fresh checkout of the project, as far as the pages name its files."""
    checkout, programs = folder / "opt" / "tathabbat", folder / "bin"
    for place in (*(folder / each[1:] for each in FOLDERS), folder / "home", programs):
        place.mkdir(parents=True)
    shutil.copy(ROOT / ".env.example", checkout)
    for name in ("deploy", "examples", "knowledge/samples"):
        shutil.copytree(ROOT / name, checkout / name)
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "activate").touch()
    for name in ("tathabbat", *NOT_RUN):
        (programs / name).write_text(_STAND_IN, "utf-8")
        (programs / name).chmod(0o755)
    # Pages that measure something take the folder that one of them describes.
    for block in blocks(ROOT / "docs" / "evaluating.md"):
        if block.file.startswith("labelled/"):
            _write(folder / "var" / "lib" / "tathabbat" / block.file, block.text)
    return Shell(folder, call, checkout)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
