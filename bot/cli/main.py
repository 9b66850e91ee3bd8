"""Run the ``tathabbat`` command: find subcommands, and print known errors as one sentence."""

import importlib
import io
import re
import sys
from functools import cached_property
from typing import Final

import click

from bot.app import App
from bot.cli.file_permissions import require_own_folder, restrict_to_owner
from bot.cli.progress_bar import make_reporter
from bot.errors import BotError
from bot.observability.redaction import redact
from bot.settings import Settings, no_color
from embeddings.errors import EmbeddingsError
from knowledge.errors import KnowledgeError, UnreadableClaim

#: The module of each command, imported when the command is called or described.
COMMANDS: Final = {
    "run": "bot.cli.run",
    "console": "bot.cli.console",
    "chat": "bot.cli.chat",
    "check": "bot.cli.check",
    "compare": "bot.cli.compare",
    "ingest": "bot.cli.ingest",
    "reindex": "bot.cli.index",
    "index": "bot.cli.index",
    "statements": "bot.cli.statements",
    "users": "bot.cli.users",
    "sources": "bot.cli.sources",
    "updates": "bot.cli.updates",
    "export": "bot.cli.export",
    "db": "bot.cli.db",
    "evaluate": "bot.cli.evaluate",
    "config": "bot.cli.config",
    "doctor": "bot.cli.doctor",
}

#: Commands that may start an installation: they create a missing database. For any other command
#: a missing database means that DATA_DIR is wrong.
FIRST_COMMANDS: Final = frozenset(
    {"run", "console", "ingest", "sources add", "users grant", "db upgrade", "db restore"}
)

# Surrogates, with which Python marks bytes of an argument that are not text.
_NOT_UTF8: Final = re.compile("[\ud800-\udfff]")

FAILURE, BAD_USAGE, INTERRUPTED = 1, 2, 130


class _CommandLine(App):
    """The app of a command, which checks first that DATA_DIR is not another user's."""

    @cached_property
    def settings(self) -> Settings:
        # Not earlier: --help needs no settings.
        settings = super().settings
        require_own_folder(settings.data_dir)
        return settings

    @property
    def makes_database(self) -> bool:
        """Whether this command may start an installation."""
        context = click.get_current_context()
        if context.params.get("dry_run"):
            return False
        return context.command_path.partition(" ")[2] in FIRST_COMMANDS


class _Commands(click.Group):
    """A group that imports its commands lazily."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name])
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            # Suggest similar names without importing the commands.
            raise click.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tathabbat")
@click.pass_context
def tathabbat(ctx: click.Context) -> None:
    """Check claims against verified reports.

    Settings are read from the environment and from a .env file; .env.example documents them.
    """
    ctx.with_resource(restrict_to_owner())
    if no_color():
        ctx.color = False
    ctx.obj = _CommandLine(make_reporter)


def main() -> None:
    """Run the command line. Exit code 0 is success, 1 a failure, 2 bad usage."""
    try:
        if any(_NOT_UTF8.search(argument) for argument in sys.argv):
            raise click.UsageError("an argument is not valid UTF-8 text")
        code = tathabbat.main(prog_name="tathabbat", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        click.echo(redact(shown.getvalue()), err=True, nl=False)
        sys.exit(error.exit_code)
    except UnreadableClaim as error:
        _fail(str(error), BAD_USAGE)
    except (KnowledgeError, EmbeddingsError, BotError) as error:
        _fail(str(error), FAILURE)
    except BrokenPipeError:
        # The reader of our output has closed the pipe (`| head`): nobody is left to tell.
        sys.stdout = None
        sys.exit(FAILURE)
    except OSError as error:
        # Python flushes output again at exit: report a full disk only once.
        sys.stdout = None
        _fail(
            f"{error.filename or 'the output'} cannot be used ({error.strerror});"
            " check the free space and the permissions",
            FAILURE,
        )
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _fail(message: str, code: int) -> None:
    click.echo(f"tathabbat: {redact(message)}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
