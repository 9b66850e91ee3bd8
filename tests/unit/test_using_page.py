"""The page for people and moderators says what is true: every button is on it, and no other.

Buttons are read of the code, so that a new one is missing here until it is documented.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.conversation.translations import NAMES, Language, load_catalogue

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "using.md").read_text("utf-8")
#: Where buttons are made: everywhere but on the console's pages.
ROOMS = [
    path
    for path in sorted((ROOT / "bot").rglob("*.py"))
    if not {"console", "cli"} & set(path.relative_to(ROOT).parts)
]
#: The languages' names for themselves, which are not translated; together they are one row.
OWN_NAMES = ", ".join(NAMES.values())


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the code, and the calls within it."""

    name: str
    parameters: tuple[str, ...]
    body: ast.AST
    calls: list[ast.Call] = field(default_factory=list)


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
    return ""


def _functions() -> list[Function]:
    found = []
    for path in ROOMS:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                given = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
                names = tuple(each.arg for each in given if each.arg not in ("self", "cls"))
                calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
                found.append(Function(node.name, names, node, calls))
    return found


def _calls() -> dict[str, list[tuple[Function, ast.Call]]]:
    """Return every call by the name of what it calls, with the function that it is in."""
    found: dict[str, list[tuple[Function, ast.Call]]] = {}
    for function in _functions():
        for call in function.calls:
            found.setdefault(_called(call), []).append((function, call))
    return found


CALLS = _calls()


def said(within: ast.AST) -> set[str]:
    """Return the messages that are handed to ``say`` somewhere within."""
    return {
        argument.value
        for call in ast.walk(within)
        if isinstance(call, ast.Call) and _called(call) in ("say", "count")
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def argument_of(call: ast.Call, name: str, place: int) -> ast.expr | None:
    """Return what a call gives for a parameter."""
    named = [each.value for each in call.keywords if each.arg == name]
    return named[0] if named else call.args[place] if place < len(call.args) else None


def names_in(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def bound_to(name: str, function: Function) -> Iterator[ast.expr]:
    """Yield what a local name stands for: what is assigned to it, or gone through by it."""
    for node in ast.walk(function.body):
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                yield from (
                    value
                    for target, value in zip(names, values, strict=True)
                    if name in names_in(target)
                )
            case ast.Assign(targets=targets, value=value):
                if any(name in names_in(target) for target in targets):
                    yield value
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                if name in names_in(target):
                    yield value


def labels_of(label: ast.expr, function: Function, seen: set[tuple[str, str]]) -> Iterator[str]:
    """Yield what a label may be: said there, or where its names come from, however far that is.

    ``seen`` are the names, by function, that were followed already.
    """
    if here := said(label):
        yield from here
        return
    for name in sorted(names_in(label)):
        if name == "NAMES":
            yield OWN_NAMES
        if (function.name, name) in seen:
            continue
        seen.add((function.name, name))
        if name in function.parameters:
            place = function.parameters.index(name)
            for caller, call in CALLS.get(function.name, ()):
                given = argument_of(call, name, place)
                if given is not None:
                    yield from labels_of(given, caller, seen)
        else:
            for value in bound_to(name, function):
                yield from labels_of(value, function, seen)


def buttons() -> dict[str, set[str]]:
    """Return the labels of each place that makes a button, by where it is."""
    return {
        f"{function.name}, line {call.lineno}": set(labels_of(label, function, set()))
        for function, call in CALLS["Button"]
        if (label := argument_of(call, "label", 0)) is not None
    }


def shown(label: str) -> str:
    """Return a label as the page writes it: N where a number stands."""
    return re.sub(r"\{\w+\}", "N", label)


def documented() -> dict[str, str]:
    """Return the Arabic label of each button on the page by the English one."""
    section = PAGE[PAGE.index("## Buttons") :]
    rows = re.findall(r"^\| (.+?) \| (.*?) ?\| .+ \|$", section, re.MULTILINE)
    return {english: arabic for english, arabic in rows if english != "button"}


BUTTONS = buttons()
LABELS = sorted({shown(label) for labels in BUTTONS.values() for label in labels})


def test_it_is_known_what_every_button_is_called() -> None:
    assert len(BUTTONS) > 20
    assert [where for where, labels in BUTTONS.items() if not labels] == []


def test_every_button_is_on_the_page_and_no_other() -> None:
    assert sorted(documented()) == LABELS


@pytest.mark.parametrize("label", [each for each in LABELS if each != OWN_NAMES])
def test_each_has_its_arabic_label_beside_it(label: str) -> None:
    say = load_catalogue(Language.ARABIC).say
    written = {shown(each): shown(say(each)) for some in BUTTONS.values() for each in some}
    assert documented()[label] == written[label]


@pytest.mark.parametrize("sign", ["✅", "❌", "🔎", "⚪"])
def test_every_outcome_is_explained(sign: str) -> None:
    assert f"\n| {sign} | " in PAGE


def test_the_channel_calls_no_button_anything_of_its_own() -> None:
    own = [
        ast.unparse(call)
        for _, call in CALLS["InlineKeyboardButton"]
        if (said(call) or isinstance(argument_of(call, "text", 0), ast.Constant))
    ]
    assert own == []
