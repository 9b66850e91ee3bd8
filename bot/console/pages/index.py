"""Index health: what is served, and how it stands to the database."""

from starlette.responses import Response

from bot.console.requests import Visit
from embeddings.errors import EmbeddingsError
from embeddings.index import snapshot
from knowledge.corpus import statement_search


def show(visit: Visit) -> Response:
    """Compare the served snapshot's figures with the database's."""
    services = visit.services
    held = visit.do(statement_search.count_held)
    manifest, problem = None, ""
    try:
        manifest = snapshot.current(services.index_dir)
    except EmbeddingsError as error:
        problem = str(error)
    return visit.page(
        "index.html",
        held=held,
        manifest=manifest,
        problem=problem,
        fits=manifest is not None and manifest.fingerprint == services.encoder.fingerprint,
        kept=snapshot.list_names(services.index_dir),
        fingerprint=services.encoder.fingerprint,
    )
