"""Show the index's health: what is served, compared with the database."""

from starlette.responses import Response

from bot.console.requests import Visit
from embeddings.errors import EmbeddingsError
from knowledge.corpus import statement_search


def show(visit: Visit) -> Response:
    """Show the served index's figures beside the database's."""
    services = visit.services
    held = visit.do(statement_search.count_stored)
    manifest, kept, problem = None, list[str](), ""
    try:
        manifest, kept = services.builds.current(), services.builds.names()
    except EmbeddingsError as error:
        problem = str(error)
    return visit.page(
        "index.html",
        held=held,
        manifest=manifest,
        problem=problem,
        fits=manifest is not None and manifest.fingerprint == services.encoder.fingerprint,
        kept=kept,
        fingerprint=services.encoder.fingerprint,
    )
