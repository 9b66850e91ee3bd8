"""Render templates: everything is escaped, invisible and reordering characters are removed."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any, Final
from urllib.parse import urlencode

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_decimal, format_percent
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from bot.console.audit_entries import find_entry_page, find_page, name_action
from bot.console.claim_queue_view import list_query_fields
from bot.console.forms import Form
from bot.console.labels import MOMENTS, PEOPLE, STATUSES, VALUES, label, name_value, parse_moment
from bot.console.success_messages import describe_success
from bot.conversation.change_texts import list_changes, name_field
from bot.conversation.proposal_texts import name_act
from bot.conversation.relation_names import name_relation
from bot.conversation.text_direction import ISOLATE
from bot.conversation.translations import BY_CODE, NAMES, Catalogue, Language
from knowledge.approvals import Act
from knowledge.corpus.ratings import relations_allowed
from knowledge.corpus.readers import fields
from knowledge.corpus.readers.fields import FieldError
from knowledge.domain import ClusterStatus, Rating, Relation
from knowledge.storage.audit_log import COMMAND_LINE, Entry
from knowledge.text.language import language_of_part
from knowledge.text.plain_text import displayable

#: Characters shown of the key of a person without a name.
_SHORT_KEY: Final = 8
_RIGHT_TO_LEFT: Final = frozenset({Language.ARABIC})


def render(template: str, words: Catalogue, **values: object) -> str:
    """Render a page in the language of ``words``."""
    return (
        _environment()
        .get_template(template)
        .render(
            words=words,
            say=words.say,
            count=words.count,
            lang=words.language.value,
            dir="rtl" if words.language in _RIGHT_TO_LEFT else "ltr",
            languages=[(code, NAMES[each]) for code, each in BY_CODE.items()],
            **values,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bot.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {
        "verbatim": _verbatim,
        "apart": _apart,
        "day": _day,
        "moment": _moment,
        "ago": _ago,
        "count": _count,
        "percent": _percent,
        "label": _label,
        "relations": relations_allowed,
        "relation_named": _relation_named,
        "field_named": _field_named,
        "who": _who,
        "language": _language,
        "web": _web,
        "act": _act,
        "act_named": _act_named,
        "place": find_page,
        "subject_address": find_entry_page,
        "differences": _differences,
        "without": _without,
        "with_after": _with_after,
        "searched": _searched,
        "language_of_part": language_of_part,
    }
    environment.globals |= {"asset": asset_url, "token": _token, "told_done": _done, "kept": _kept}
    return environment


@cache
def asset_url(name: str) -> str:
    """Return a static file's URL. It contains the file's hash, so browsers may cache it."""
    content = resources.files("bot.console").joinpath("static", name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


@pass_context
def _token(context: Context) -> Markup:
    """Render the hidden field with the session's form token."""
    return Markup('<input type="hidden" name="form_token" value="{}">').format(
        context["visitor"].form_token
    )


@pass_context
def _kept(context: Context, action: str, name: str, otherwise: object = "") -> Any:
    """Return a field's entered value if the form of ``action`` is shown again."""
    sent: Form = context["sent"]
    return sent.kept(name) if context["posted"] == action and name in sent.fields else otherwise


@pass_context
def _done(context: Context, asked: Form) -> str:
    """Return the success message of the act that led to this page."""
    words: Catalogue = context["words"]
    return describe_success(asked, words.say)


def _shown(value: Any) -> Any:
    """Remove invisible and reordering characters from a text; our own markup is kept."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return displayable(value)
    return value


def _verbatim(text: str) -> Markup:
    """Return a text unchanged for a text area: what is sent back must be the source's letters.

    The line break in front is the one that browsers drop after a text area's tag.
    """
    return Markup("\n") + escape(text)


def _apart(text: str) -> Markup:
    """Turn isolates (``text_direction.isolate``) into HTML's ``bdi`` elements."""
    parts = (escape(displayable(part)) for part in ISOLATE.split(text))
    return Markup().join(
        Markup("<bdi>{}</bdi>").format(part) if n % 2 else part for n, part in enumerate(parts)
    )


@pass_context
def _day(context: Context, value: date | None) -> str:
    words: Catalogue = context["words"]
    return words.day(value) if value else ""


@pass_context
def _moment(context: Context, value: datetime | None) -> Markup:
    """Format a timestamp; the tooltip has the seconds."""
    if value is None:
        return Markup("")
    words: Catalogue = context["words"]
    short = format_datetime(
        value,
        "d MMM y، HH:mm 'UTC'" if words.language is Language.ARABIC else "d MMM y, HH:mm 'UTC'",
        locale=words.language.value,
    )
    return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(
        value.isoformat(timespec="seconds"), displayable(short)
    )


@pass_context
def _ago(context: Context, value: datetime | None) -> Markup:
    """Say how long ago a timestamp was."""
    if value is None:
        return Markup("")
    words: Catalogue = context["words"]
    now: datetime = context["now"]
    return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(
        value.isoformat(timespec="seconds"), displayable(words.since(value, now))
    )


@pass_context
def _count(context: Context, value: float) -> str:
    words: Catalogue = context["words"]
    return format_decimal(value, locale=words.language.value)


@pass_context
def _percent(context: Context, value: float) -> str:
    words: Catalogue = context["words"]
    return format_percent(value, locale=words.language.value)


@pass_context
def _who(context: Context, key: str | None) -> str:
    """Return an actor's name as in ``names``, else a part of their key."""
    words: Catalogue = context["words"]
    names: Mapping[str, str] = context.get("names", {})
    if not key:
        return ""
    if key == COMMAND_LINE:
        return words.say("command line")
    return names.get(key) or key[:_SHORT_KEY]


@pass_context
def _relation_named(context: Context, relation: Relation, rating: Rating | None) -> str:
    words: Catalogue = context["words"]
    return name_relation(relation, rating, words.say)


@pass_context
def _act(context: Context, entry: Entry) -> str:
    words: Catalogue = context["words"]
    return name_action(entry.action, words.say)


@pass_context
def _act_named(context: Context, act: Act) -> str:
    words: Catalogue = context["words"]
    return name_act(act, words.say)


@pass_context
def _language(context: Context, code: str) -> str:
    """Return a language's name; its code if it has none."""
    words: Catalogue = context["words"]
    name: str = Locale(words.language.value).languages.get(code, code)
    return name


def _web(address: str) -> str:
    """Return a URL if it is safe to link: http or https, not a script."""
    try:
        return fields.url_of(address, "url") or ""
    except FieldError:
        return ""


def _without(asked: Form, *names: str, **more: str) -> str:
    """Return the query again, without ``names`` and with ``more``."""
    left = ((name, value) for name, values in asked.fields.items() for value in values)
    gone = {"said", "n", "of", *names, *more}
    query = urlencode([*((n, v) for n, v in left if v and n not in gone), *more.items()])
    return f"?{query}" if query else ""


def _searched(asked: Form) -> str:
    """Return the inbox's query that led to this page."""
    query = urlencode(list_query_fields(asked))
    return f"?{query}" if query else ""


def _with_after(asked: Form, after: str) -> str:
    return _without(asked, after=after)


@pass_context
def _differences(context: Context, entry: Entry) -> Iterator[tuple[str, Any, Any]]:
    """Yield the changed fields with their values' labels."""
    words: Catalogue = context["words"]
    kinds = {**VALUES, "status": STATUSES.get(entry.subject, ClusterStatus)}

    def named(name: str, value: str | None) -> str | None:
        if value and name in PEOPLE:
            return _who(context, value)
        if value and name in MOMENTS:
            return _moment(context, parse_moment(value))
        return name_value(kinds.get(name), value, words.say)

    for name, was, is_now in list_changes(entry):
        yield name, named(name, was), named(name, is_now)


@pass_context
def _field_named(context: Context, name: str) -> str:
    words: Catalogue = context["words"]
    return name_field(name, words.say)


@pass_context
def _label(context: Context, value: object) -> str:
    words: Catalogue = context["words"]
    return label(value, words.say)
