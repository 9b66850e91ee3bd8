"""``tathabbat users``: list, grant and revoke roles."""

import json

import click

from bot.app import App
from bot.cli.word_counts import say_empty
from knowledge.accounts import roles, sign_in
from knowledge.domain import Role, now
from knowledge.storage.audit_log import COMMAND_LINE
from knowledge.text.plain_text import single_line

#: Length of a person's key in ``users list``.
_KEY_LENGTH = 64


@click.group()
def users() -> None:
    """Grant and revoke the roles of moderators and admins."""


@users.command()
@click.argument("telegram_id", type=click.IntRange(1, 2**63 - 1))
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.MODERATOR.value,
    show_default=True,
    help="What the person may do.",
)
@click.option("--name", required=True, help="What colleagues know the person by.")
@click.pass_obj
def grant(app: App, telegram_id: int, role: str, name: str) -> None:
    """Give a role to the person with this Telegram id."""
    if not single_line(name):
        raise click.UsageError("--name is empty; give the name that colleagues know")
    app.sessions.write(roles.grant, app.person_key(telegram_id), Role(role), name, COMMAND_LINE)
    click.echo(f"{single_line(name)} is now {role}")


@users.command()
@click.argument("person")
@click.pass_obj
def revoke(app: App, person: str) -> None:
    """Revoke the role of PERSON.

    PERSON is a Telegram id, or the key that `users list` shows. Their console sessions end.
    """
    key = _key(app, person)
    revoked = app.sessions.write(sign_in.revoke_role, key, COMMAND_LINE, now())
    if key in app.first_admins:
        raise click.ClickException("ADMIN_IDS makes this person an admin; take the id out of it")
    click.echo("the role is revoked" if revoked else "this person holds no role")


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")
@click.pass_obj
def list_users(app: App, as_json: bool) -> None:
    """List who holds which role, and who gave it."""
    held = app.sessions.read(roles.list_holders)
    if not held and not app.first_admins and not as_json:
        say_empty("nobody holds a role yet; give one with `tathabbat users grant ID --name NAME`")
    for key in sorted(app.first_admins):
        if as_json:
            click.echo(json.dumps({"key": key, "role": "admin", "granted_by": "ADMIN_IDS"}))
        else:
            click.echo(f"{key}  {Role.ADMIN.value:9}  by ADMIN_IDS")
    for holder in held:
        if as_json:
            row = {
                "key": holder.key,
                "role": holder.role.value,
                "name": holder.name,
                "granted_by": holder.granter,
                "at": holder.at.isoformat(),
            }
            click.echo(json.dumps(row, ensure_ascii=False))
        else:
            click.echo(
                f"{holder.key}  {holder.role.value:9}  {single_line(holder.name)}"
                f"  by {single_line(holder.granter)} on {holder.at:%Y-%m-%d}"
            )


def _key(app: App, person: str) -> str:
    if len(person) == _KEY_LENGTH and all(c in "0123456789abcdef" for c in person):
        return person
    if person.isascii() and person.isdecimal() and len(person) < 19:
        return app.person_key(int(person))
    raise click.UsageError(f"{person!r} is neither an id on Telegram nor a key")
