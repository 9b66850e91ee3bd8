"""`tathabbat console` as a process: it listens where it is told, and ends well."""

import http.client
import os
import signal
import socket
import urllib.request
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from knowledge.accounts import sign_in
from knowledge.accounts.sign_in import SignedIn
from knowledge.storage.database import Sessions, open_engine
from tests.e2e.whole_bot import Installation, installation
from tests.integration.console import FIRST_ADMIN, SECRET, key_of
from tests.integration.hostile import ENDLESS_PAGE

FIELD = "Content-Disposition: form-data; name="


def program(tmp_path: Path, models: Path, bind: str) -> Installation:
    made = installation(tmp_path / "bot", models)
    return Installation(made.folder, {"CONSOLE_BIND": bind})


def test_it_serves_until_it_is_told_to_stop(tmp_path: Path, models_dir: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{free.getsockname()[1]}"
    process = program(tmp_path, models_dir, bind).start("console")
    assert process.stderr is not None
    # It says so once it listens.
    assert "console_started" in process.stderr.readline()
    with urllib.request.urlopen(f"http://{bind}/sign-in?token=secret-token") as answer:
        assert answer.status == 200
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 0, log
    assert "secret-token" not in log


def test_who_uploads_while_it_stops_is_answered(tmp_path: Path, models_dir: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = program(tmp_path, models_dir, f"127.0.0.1:{port}")
    made.settings.update(SECRET_KEY=SECRET.decode(), ADMIN_IDS=str(FIRST_ADMIN))
    process = made.start("console")
    assert process.stderr is not None
    with ExitStack() as held:
        held.callback(process.kill)
        assert "console_started" in process.stderr.readline()
        entered = signed_in(made)
        connection = http.client.HTTPConnection("127.0.0.1", port, 60)
        held.callback(connection.close)
        headers = {
            "Cookie": f"console={entered.cookie}",
            "Content-Type": "multipart/form-data; boundary=part",
        }
        token = f'--part\r\n{FIELD}"form_token"\r\n\r\n{entered.form_token}\r\n'
        file = f'--part\r\n{FIELD}"file"; filename="a.html"\r\n\r\n'
        body = token.encode() + file.encode() + ENDLESS_PAGE + b"\r\n--part--\r\n"
        connection.request("POST", "/reports", body, headers)
        while not children_of(process.pid):
            assert process.poll() is None
            os.sched_yield()
        process.send_signal(signal.SIGTERM)
        assert connection.getresponse().status == 503
        _, log = process.communicate(timeout=60)
    assert process.returncode == 0, log
    assert "Traceback" not in log


def signed_in(made: Installation) -> SignedIn:
    """Open a session of an admin's in the program's database."""
    engine = open_engine(f"sqlite:///{made.folder / 'data' / 'tathabbat.db'}")
    try:
        with Sessions(engine).begin() as session:
            link = sign_in.issue_link(session, key_of(FIRST_ADMIN), datetime.now(UTC))
            return sign_in.use_link(session, link, datetime.now(UTC))
    finally:
        engine.dispose()


def children_of(number: int) -> list[str]:
    """Return the processes that a process has started and that run."""
    tasks = Path(f"/proc/{number}/task").glob("*/children")
    return [child for task in tasks for child in task.read_text().split()]


def test_who_holds_connections_keeps_nobody_out(tmp_path: Path, models_dir: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = program(tmp_path, models_dir, f"127.0.0.1:{port}").start("console")
    assert process.stderr is not None
    with ExitStack() as held:
        held.callback(process.kill)
        assert "console_started" in process.stderr.readline()
        for number in range(500):
            peer = held.enter_context(socket.create_connection(("127.0.0.1", port)))
            if number % 2:
                peer.sendall(b"POST /sign-in HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nab")
        # From the same address, and from another one of this machine's.
        for source in ("127.0.0.1", "127.0.0.2"):
            connection = http.client.HTTPConnection("127.0.0.1", port, 30, (source, 0))
            held.callback(connection.close)
            connection.request("GET", "/sign-in?token=t")
            assert connection.getresponse().status == 200
        # A stop waits for none of them.
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
    assert process.returncode == 0, log
    assert "Traceback" not in log


def test_a_place_that_is_taken_is_named(tmp_path: Path, models_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        done = program(tmp_path, models_dir, bind).call("console")
    assert done.returncode == 1
    assert bind in done.stderr
    assert "CONSOLE_BIND" in done.stderr


def test_no_place_is_said_to_be_none(tmp_path: Path, models_dir: Path) -> None:
    done = installation(tmp_path / "bot", models_dir).call("console")
    assert done.returncode == 1
    assert "CONSOLE_BIND is not set" in done.stderr
