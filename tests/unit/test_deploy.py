"""What an installation is made of, as far as can be told without systemd or containers running."""

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from bot.cli.main import COMMANDS
from bot.media.ocr import LANGUAGES
from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SETTINGS = {name.upper() for name in Settings.model_fields}


def unit_of(name: str) -> configparser.ConfigParser:
    """Return a systemd unit; of a setting that is repeated, the last."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(DEPLOY / name, "utf-8")
    return parser


def require_taken_by_systemd(folder: Path, *names: str) -> None:
    """Have systemd read units; the programs that they start must exist for it, and any will do."""
    for name in names:
        text = (DEPLOY / name).read_text("utf-8")
        (folder / name).write_text(
            re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", text), "utf-8"
        )
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(folder / name) for name in names)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "tathabbat" in line]
    assert (done.returncode, ours) == (0, [])


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")
def test_what_ci_runs_is_a_script() -> None:
    subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=True)  # noqa: S607 - any bash


class TestService:
    """The systemd unit."""

    @pytest.fixture
    def unit(self) -> configparser.ConfigParser:
        return unit_of("tathabbat.service")

    def test_it_runs_the_bot_as_nobody_special(self, unit: configparser.ConfigParser) -> None:
        service = unit["Service"]
        program, *arguments = shlex.split(service["ExecStart"])
        assert Path(program).name == "tathabbat"
        assert arguments == ["run"]
        assert "run" in COMMANDS
        assert service["User"] == "tathabbat"

    def test_it_is_hardened(self, unit: configparser.ConfigParser) -> None:
        service = unit["Service"]
        assert service["ProtectSystem"] == "strict"
        assert service["CapabilityBoundingSet"] == ""
        for name in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome"):
            assert service[name] == "yes", name

    def test_it_has_longer_to_end_than_the_bot_takes(self, unit: configparser.ConfigParser) -> None:
        assert int(unit["Service"]["TimeoutStopSec"]) > 10

    def test_its_data_is_where_it_may_write(self, unit: configparser.ConfigParser) -> None:
        service = unit["Service"]
        assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"

    @pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
    def test_systemd_takes_it(self, tmp_path: Path) -> None:
        require_taken_by_systemd(tmp_path, "tathabbat.service")


class TestBackup:
    """The units that back the database up; what they do is tried with the pages' commands."""

    def test_it_works_as_the_bots_user_where_the_bot_does(self) -> None:
        bot, backup = unit_of("tathabbat.service"), unit_of("tathabbat-backup.service")
        for name in ("User", "Group", "WorkingDirectory", "UMask", "ProtectSystem"):
            assert backup["Service"][name] == bot["Service"][name], name
        folders = backup["Service"]["ReadWritePaths"].split()
        assert backup["Service"]["WorkingDirectory"] in folders
        assert "/var/backups/tathabbat" in folders

    @pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
    def test_systemd_takes_both(self, tmp_path: Path) -> None:
        require_taken_by_systemd(tmp_path, "tathabbat-backup.service", "tathabbat-backup.timer")


def steps(name: str) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile with what follows each."""
    text = re.sub(r"(?m)^\s*#.*\n", "", (DEPLOY / name).read_text("utf-8"))
    lines = re.sub(r"\\\n", " ", text).splitlines()
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines if line.strip()]


class TestImage:
    """The Dockerfile and what is sent to the engine for it."""

    def test_it_begins_and_is_made_of_known_instructions(self) -> None:
        known = set("FROM ARG ENV RUN WORKDIR COPY VOLUME USER HEALTHCHECK".split())
        known |= set("STOPSIGNAL ENTRYPOINT CMD".split())
        found = steps("Dockerfile")
        assert found[0][0] == "FROM"
        assert {name for name, _ in found} <= known

    def test_what_it_copies_exists_and_is_sent(self) -> None:
        rules = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
        sent = [rule[1:] for rule in rules if rule.startswith("!")]
        copied = [
            source
            for name, rest in steps("Dockerfile")
            if name == "COPY" and "--from=" not in rest
            for source in rest.split()[:-1]
        ]
        assert copied
        for source in copied:
            assert (ROOT / source).exists(), source
            assert any(fnmatch(source, rule) for rule in sent), source
        # Every room that is installed is in it.
        assert {"bot", "embeddings", "knowledge", "migrations"} <= set(copied)
        assert not any(rule.startswith((".env", "data", ".git")) for rule in sent)

    def test_it_runs_the_bot_without_rights(self) -> None:
        found = dict(steps("Dockerfile"))
        assert found["ENTRYPOINT"] == '["tathabbat"]'
        assert found["CMD"] == '["run"]'
        assert found["USER"] == "10001:10001"
        assert steps("Dockerfile")[-2][0] == "ENTRYPOINT"

    def test_the_health_check_asks_where_the_image_listens(self) -> None:
        found = steps("Dockerfile")
        health = next(rest for name, rest in found if name == "HEALTHCHECK")
        listens = next(
            match[1]
            for name, rest in found
            if name == "ENV" and (match := re.search(r"METRICS_BIND=(\S+)", rest))
        )
        assert f"http://{listens}/healthz" in health
        script = re.search(r'"-c", "(.*)"\]', health)
        assert script is not None
        compile(script[1], "health check", "exec")

    def test_it_reads_pictures(self) -> None:
        runs = [rest for name, rest in steps("Dockerfile") if name == "RUN"]
        packages = {f"tesseract-ocr-{each}" for each in LANGUAGES} - {"tesseract-ocr-eng"}
        # Its English comes with it.
        assert any({"tesseract-ocr", *packages} <= set(rest.split()) for rest in runs)

    def test_its_base_is_named_by_digest(self) -> None:
        bases = {rest.split()[0] for name, rest in steps("Dockerfile") if name == "FROM"}
        assert len(bases) == 1, "both stages are of one Python"
        assert re.search(r"@sha256:[0-9a-f]{64}$", bases.pop())

    def test_it_installs_by_hash_alone(self) -> None:
        runs = " ".join(rest for name, rest in steps("Dockerfile") if name == "RUN")
        installs = re.findall(r"pip install (.*?)(?:&&|$|/opt)", runs)
        assert installs
        for install in installs:
            assert "--require-hashes" in install or "--no-deps --no-build-isolation ." in install


class TestCompose:
    """The bot with its PostgreSQL."""

    @pytest.fixture
    def compose(self) -> dict[str, Any]:
        read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
        return read

    def test_its_image_is_built_from_here(self, compose: dict[str, Any]) -> None:
        build = compose["services"]["bot"]["build"]
        context = (DEPLOY / build["context"]).resolve()
        assert context == ROOT
        assert (context / build["dockerfile"]).is_file()

    def test_images_from_elsewhere_are_named_by_digest(self, compose: dict[str, Any]) -> None:
        for service in compose["services"].values():
            if "build" not in service:
                assert re.search(r"@sha256:[0-9a-f]{64}$", service["image"])

    @pytest.mark.parametrize("service", ["bot", "database"])
    def test_nothing_has_rights_or_writes_elsewhere(
        self, compose: dict[str, Any], service: str
    ) -> None:
        found = compose["services"][service]
        assert found["read_only"] is True
        assert found["cap_drop"] == ["ALL"]
        assert found["user"] not in ("root", "0", 0)
        assert "no-new-privileges:true" in found["security_opt"]
        assert {volume.partition(":")[0] for volume in found["volumes"]} <= set(compose["volumes"])

    def test_ports_are_this_machines_own(self, compose: dict[str, Any]) -> None:
        assert "ports" not in compose["services"]["database"]
        for port in compose["services"]["bot"]["ports"]:
            assert port.startswith("127.0.0.1:")

    def test_its_settings_exist_and_fit_together(self, compose: dict[str, Any]) -> None:
        bot, database = compose["services"]["bot"], compose["services"]["database"]
        assert set(bot["environment"]) <= SETTINGS
        assert bot["environment"]["DATABASE_URL"].startswith("postgresql+psycopg://")
        assert bot["environment"]["DATABASE_URL"].endswith(
            f"@database/{database['environment']['POSTGRES_DB']}"
        )
        # The image's health check asks at that port.
        image = (DEPLOY / "Dockerfile").read_text("utf-8")
        port = bot["environment"]["METRICS_BIND"].rpartition(":")[2]
        assert f":{port}/healthz" in image
        # The console believes the host's proxy, and nothing else in the network.
        (network,) = compose["networks"]["default"]["ipam"]["config"]
        assert bot["environment"]["CONSOLE_PROXIES"] == network["gateway"]
        assert ip_address(network["gateway"]) in ip_network(network["subnet"])
        mounted = [volume.partition(":")[2] for volume in bot["volumes"]]
        assert bot["environment"]["DATA_DIR"] in mounted

    def test_the_bot_waits_for_the_database(self, compose: dict[str, Any]) -> None:
        services = compose["services"]
        assert services["bot"]["depends_on"]["database"]["condition"] == "service_healthy"
        assert services["database"]["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]


class TestMilvus:
    """What is laid over the containers for an index on Milvus."""

    @pytest.fixture
    def compose(self) -> dict[str, Any]:
        read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.milvus.yaml").read_text("utf-8"))
        return read

    def test_images_from_elsewhere_are_named_by_version(self, compose: dict[str, Any]) -> None:
        for name, service in compose["services"].items():
            if name != "bot":
                _, _, version = service["image"].partition(":")
                assert re.search(r"\d{4}-\d\d-\d\d|\d+\.\d+\.\d+", version)

    def test_nobody_but_the_bot_reaches_it(self, compose: dict[str, Any]) -> None:
        for service in compose["services"].values():
            assert "ports" not in service

    def test_the_bot_asks_what_it_waits_for(self, compose: dict[str, Any]) -> None:
        bot = compose["services"]["bot"]
        host = urlsplit(bot["environment"]["INDEX_URL"]).hostname
        assert host in compose["services"]
        assert bot["depends_on"][host]["condition"] == "service_healthy"
        assert set(bot["environment"]) <= SETTINGS

    def test_its_image_has_the_extra(self, compose: dict[str, Any]) -> None:
        (lock,) = compose["services"]["bot"]["build"]["args"].values()
        assert (ROOT / ".ci" / "lock" / lock).is_file()
        image = (DEPLOY / "Dockerfile").read_text("utf-8")
        for name in compose["services"]["bot"]["build"]["args"]:
            assert f"ARG {name}=" in image

    def test_its_volumes_are_named(self, compose: dict[str, Any]) -> None:
        used = {
            volume.partition(":")[0]
            for service in compose["services"].values()
            for volume in service.get("volumes", ())
        }
        assert used == set(compose["volumes"])
