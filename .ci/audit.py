"""Report what is publicly known against the locked dependencies: `make audit`.

pip-audit asks the package index for the vulnerabilities of each release. What it cannot ask about
it skips, and ends as if all were well: here a release that was not asked about is a failure too.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

VULNERABLE, NOT_AUDITED = 1, 2


def run_pip_audit(locks: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Ask about every release that the lock files name."""
    command = [sys.executable, "-m", "pip_audit", "--format=json", "--progress-spinner=off"]
    command += ["--disable-pip", "--require-hashes"]
    command += [f"--requirement={lock}" for lock in locks]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


def summarise(output: str, problems: str) -> tuple[int, list[str]]:
    """Return the exit code and the lines that say what pip-audit found.

    ``output`` is its JSON, empty where it failed; ``problems`` what it wrote on standard error.
    """
    try:
        found: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        reason = next(
            (line for line in reversed(problems.splitlines()) if line.strip()), "no answer"
        )
        return NOT_AUDITED, [
            f"Nothing was audited: the vulnerability service cannot be asked ({reason})."
            " Run `make audit` where the package index can be reached."
        ]
    skipped = [each for each in found if "skip_reason" in each]
    lines = [
        f"{each['name']} {each['version']}: {flaw['id']}, {_mended(flaw)}"
        for each in found
        for flaw in each.get("vulns", ())
    ]
    if lines:
        lines.append("Known vulnerabilities: raise these in pyproject.toml, then `make lock`.")
    if skipped:
        names = ", ".join(each["name"] for each in skipped[:5]) + (", …" if skipped[5:] else "")
        lines.append(
            f"{len(skipped)} of {len(found)} releases were not audited ({names}): the vulnerability"
            " service does not answer for them here. Run `make audit` where it can be reached."
        )
    if not lines:
        return 0, [f"{len(found)} releases audited, no known vulnerability."]
    return (VULNERABLE if len(lines) > bool(skipped) else NOT_AUDITED), lines


def _mended(flaw: dict[str, Any]) -> str:
    versions = flaw.get("fix_versions") or ()
    return f"mended in {', '.join(versions)}" if versions else "not mended yet"


if __name__ == "__main__":
    done = run_pip_audit(sys.argv[1:])
    code, said = summarise(done.stdout, done.stderr)
    print("\n".join(said))  # noqa: T201
    sys.exit(code)
