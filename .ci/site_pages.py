"""Give MkDocs the project's pages where they lie, so that their links hold on the site as well."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel

PATTERNS = (
    "*.md",
    "docs/*.md",
    "examples/*",
    "benchmarks/training/claims/README.md",
    ".env.example",
)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put pages of the whole project in the place of those of ``docs_dir``."""
    root = Path(config.config_file_path).parent
    for file in files.documentation_pages():
        files.remove(file)
    for path in sorted(path for pattern in PATTERNS for path in root.glob(pattern)):
        name = path.relative_to(root).as_posix()
        page = File.generated(config, name, abs_src_path=str(path))
        page.inclusion = InclusionLevel.INCLUDED
        files.append(page)
    return files
