"""Give MkDocs the project's pages where they lie, so that their links hold on the site as well."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel

PATTERNS = (
    "*.md",
    "docs/**/*",
    "examples/*",
    "benchmarks/training/claims/README.md",
    ".env.example",
)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put pages of the whole project in the place of those of ``docs_dir``."""
    root = Path(config.config_file_path).parent
    for file in [file for file in files if file.src_dir == config.docs_dir]:
        files.remove(file)
    for path in sorted(p for pattern in PATTERNS for p in root.glob(pattern) if p.is_file()):
        name = path.relative_to(root).as_posix()
        page = File.generated(config, name, abs_src_path=str(path))
        page.inclusion = InclusionLevel.INCLUDED
        files.append(page)
    return files
