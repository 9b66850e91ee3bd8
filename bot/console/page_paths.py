"""Find the page above a path: where to show a refused form, and where to continue."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.routing import compile_path

from bot.console.forms import Form
from bot.console.requests import Handler

#: Pages of forms that are not sent to a path below their page's.
_ELSEWHERE: Final = {
    "/reports": ("/reports/new",),
    "/statements/retract": ("/statements/{id}/retract", "/statements/{id}"),
    "/statements/preview": ("/reports/{report}", "/statements/{id}"),
    "/statements/publish": ("/reports/{report}", "/statements/{id}"),
    "/statements/review": ("/reports/{report}", "/statements/{id}"),
    "/statements/discard": ("/reports/{report}", "/statements/{id}"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page's path, its path parameters and its handler."""

    path: str
    at: Mapping[str, int | str]
    handler: Handler


class PagePaths:
    """The paths of all pages, to search from any other path."""

    def __init__(self, pages: Sequence[tuple[str, Handler]]) -> None:
        self._pages = [(*compile_path(path), handler) for path, handler in pages]

    def above(self, path: str, sent: Form) -> Iterator[Page]:
        """Yield the pages that may hold the form sent to ``path``, the nearest first."""
        found = (
            self._find_page(each)
            for each in (*_list_named_pages(path, sent), *_list_parent_paths(path))
        )
        yield from (page for page in found if page is not None)

    def _find_page(self, path: str) -> Page | None:
        for pattern, _, convertors, handler in self._pages:
            match = pattern.match(path)
            if match:
                at = {name: convertors[name].convert(v) for name, v in match.groupdict().items()}
                return Page(path, at, handler)
        return None


def _list_named_pages(path: str, sent: Form) -> Iterator[str]:
    for pattern in _ELSEWHERE.get(path, ()):
        # Several subjects have no common page but their list.
        fields = {name: v[0] for name, v in sent.fields.items() if len(v) == 1}
        try:
            yield pattern.format_map(fields)
        except KeyError:
            continue


def _list_parent_paths(path: str) -> Iterator[str]:
    parts = path.strip("/").split("/")
    return ("/" + "/".join(parts[:n]) for n in range(len(parts), 0, -1))
