"""``tathabbat chat``: the bot's conversation in the terminal."""

import click

from bot.app import App
from bot.cli.progress_bar import make_reporter
from bot.cli.terminal_replies import list_actions, print_reply
from bot.conversation.reply import Asker, Reply

#: The person at the terminal: one person with one language and their own inquiries.
_HERE = Asker(id=0)


@click.command()
@click.pass_obj
def chat(app: App) -> None:
    """Talk to the bot here. An empty line or Ctrl-D ends; a number presses that button.

    /check, /notify, /mydata, /forgetme, /privacy and /about work as on Telegram.
    Moderators' commands (/queue, /pending, /add, /retract, /stats, /grant, /revoke) work here too.

    PUBLISH_NEEDS_TWO does not apply here: the command line needs no second person. The audit log
    records what is done here as done by the command line.
    """
    app.checker.prepare(make_reporter("Reading the knowledge base"))
    # Whoever can read this installation's database has an admin's rights.
    talk = app.conversation("terminal", on_this_machine=True)
    commands = {"/start": talk.start, "/help": talk.help, "/language": talk.language}
    reply = talk.start(_HERE)
    print_reply(reply, buttons=True)
    while True:
        try:
            line = click.prompt("", prompt_suffix="\n> ", default="", show_default=False)
        except (click.Abort, EOFError):
            click.echo()
            return
        text = str(line).strip()
        if not text:
            return
        pressed = _find_action(reply, text)
        if pressed is not None:
            reply = talk.press(_HERE, pressed)
        elif text in commands:
            reply = commands[text](_HERE)
        elif text.startswith("/"):
            name, _, argument = text[1:].partition(" ")
            reply = talk.command(_HERE, name, argument.strip())
        else:
            reply = talk.claim(_HERE, text)
        print_reply(reply, buttons=True)


def _find_action(reply: Reply, text: str) -> str | None:
    choices = list_actions(reply)
    if text.isascii() and text.isdecimal() and len(text) < 3 and 1 <= int(text) <= len(choices):
        return choices[int(text) - 1]
    return None
