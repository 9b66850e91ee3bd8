"""Try what `make dist` built: install each file into an empty environment and check a claim there.

Those environments see the packages that are installed for the project, but not the project itself.
"""

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLAIM, OUTCOME = "داعش يسيطر على نصف مساحة خلافته", "REFUTED"


def main() -> None:
    """Try the wheel and the sdist of this version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    version = project["version"]
    with tempfile.TemporaryDirectory() as folder:
        for name in (f"tathabbat-{version}-py3-none-any.whl", f"tathabbat-{version}.tar.gz"):
            try_out(ROOT / "dist" / name, version, Path(folder))
            print(f"{name} installs and answers.")  # noqa: T201


def try_out(built: Path, version: str, folder: Path) -> None:
    """Install one file and use it as somebody who has nothing else of the project.

    The data in ``folder`` is that of the file before: models are unpacked once.
    """
    require(built.is_file(), f"{built} is absent (`make dist` builds it)")
    environment = folder / built.name
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    packages = sysconfig.get_path("purelib")
    own = Path(run(folder, python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"))
    # A path in such a file is searched, but the files like it there, which lead to the project, are
    # not read.
    (own / "packages.pth").write_text(f"{packages}\n", "utf-8")
    install = ["install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    run(folder, sys.executable, "-m", "pip", "--python", python, *install, "-I", built)

    samples = Path(run(folder, python, "-c", "import knowledge; print(*knowledge.__path__)"))
    require(own in samples.parents, f"{samples} is not what was installed")
    tathabbat = python.with_name("tathabbat")
    printed = run(folder, tathabbat, "--version")
    require(printed.endswith(version), f"it calls itself {printed!r}")
    report = samples / "samples" / "last-isis-pocket.txt"
    run(folder, tathabbat, "ingest", report, "--publish")
    answer = json.loads(run(folder, tathabbat, "check", CLAIM, "--json"))
    require(answer["outcome"] == OUTCOME, f"it answers {answer['outcome']}, not {OUTCOME}")


def run(folder: Path, *command: str | Path) -> str:
    """Return what a command prints, run in ``folder`` with its data there."""
    own = {"DATA_DIR": str(folder / "data"), "HF_HUB_OFFLINE": "1"}
    hidden = ("PYTHONPATH", "DATABASE_URL")
    given = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(  # noqa: S603 - commands of ours
        command, cwd=folder, env=given | own, stdout=subprocess.PIPE, text=True, check=False
    )
    require(done.returncode == 0, f"{' '.join(map(str, command))} failed")
    return done.stdout.strip()


def require(holds: bool, otherwise: str) -> None:
    """End with a sentence unless something holds."""
    if not holds:
        sys.exit(f"The package is not fit for release: {otherwise}.")


if __name__ == "__main__":
    main()
