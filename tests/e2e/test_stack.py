"""The local stack: it starts, serves, runs its schedule, and leaves nothing behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.run import BUSY
from sandbox.stack import BusyPort, Stack, start
from sandbox.stack.door import WEB_KEY
from sandbox.stack.engine import free_port
from sandbox.stack.schedule import scheduled_event

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "layers" / "commerce")}


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for other processes to get there."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_busy_port_is_said_before_anything_starts(taken: int) -> None:
    with pytest.raises(BusyPort, match=f"port {taken} is in use.*PORT={taken + 1}"):
        start(port=taken)


def test_make_run_on_a_busy_port_exits_2(taken: int) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "sandbox.run"],
        cwd=ROOT,
        env={**ENVIRONMENT, "PORT": str(taken)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stdout) == (BUSY, "")
    assert answer.stderr.startswith(f"salama: port {taken} is in use")
    assert "Traceback" not in answer.stderr


def test_the_scheduled_event_has_eventbridge_s_shape() -> None:
    event = scheduled_event()
    assert (event["detail-type"], event["source"], event["detail"]) == ("Scheduled Event", "aws.events", {})
    assert set(event) == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"
    }  # fmt: skip


@pytest.mark.stack
def test_everything_is_served(stack: Stack) -> None:
    with httpx.Client(base_url=stack.base_url, timeout=60) as shop:
        for path in ("/", "/docs", "/sandbox", "/sandbox/phone", "/sandbox/daraja", "/sandbox/outbox"):
            answer = shop.get(path)
            assert answer.status_code == 200, path
            assert answer.headers["content-type"].startswith("text/html"), path
        assert shop.get("/").headers["content-security-policy"].startswith("default-src 'self'")
        assert shop.get("/docs/assets/swagger-ui-bundle.js").status_code == 200
        assert shop.get("/api/products").status_code == 401, "the shop answers its own frontends only"
        assert shop.get("/api/products", headers={"x-client-key": WEB_KEY}).status_code == 200
        assert shop.get("/api/nothing-here").json() == {"message": "Not Found"}


@pytest.mark.stack
def test_the_api_document_names_this_machine_s_api(stack: Stack) -> None:
    answer = httpx.get(f"{stack.api_url}/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["servers"] == [{"url": "/api"}]


@pytest.mark.stack
def test_functions_do_not_see_the_environment_of_the_shell(stack: Stack) -> None:
    environment = Path(f"/proc/{stack.engine_pid}/environ")
    if not environment.exists():
        pytest.skip("no /proc on this machine")
    names = {entry.split(b"=")[0].decode() for entry in environment.read_bytes().split(b"\0") if entry}
    assert not names & {"HOME", "USER", "VIRTUAL_ENV", "PYTHONPATH", "AWS_PROFILE", "PYTEST_CURRENT_TEST"}


@pytest.mark.stack
def test_the_sweep_runs_when_asked(stack: Stack) -> None:
    stack.tick()


@pytest.mark.stack
def test_a_message_on_the_outbox_is_shown_but_its_html_can_do_nothing(stack: Stack) -> None:
    stack.ses.send_email(
        FromEmailAddress="orders@salama.test",
        Destination={"ToAddresses": ["asha@example.test"]},
        Content={
            "Simple": {
                "Subject": {"Data": "Order <SAL-1>"},
                "Body": {"Text": {"Data": "Thank you"}, "Html": {"Data": "<b>Thank you</b><script>1</script>"}},
            }
        },
    )
    mail = next(mail for mail in stack.mails() if mail.subject == "Order <SAL-1>")
    shown = httpx.get(f"{stack.base_url}/sandbox/outbox", params={"message": mail.id})
    assert "Order &lt;SAL-1&gt;" in shown.text
    assert "asha@example.test" in shown.text
    body = httpx.get(f"{stack.base_url}/sandbox/outbox/{mail.id}/body")
    assert "default-src 'none'" in body.headers["content-security-policy"]
    assert "sandbox" in body.headers["content-security-policy"]


@pytest.mark.stack
def test_ctrl_c_stops_it_and_the_emulator_with_it() -> None:
    port = free_port()
    run = subprocess.Popen(
        [sys.executable, "-m", "sandbox.run"],
        cwd=ROOT,
        env={**ENVIRONMENT, "PORT": str(port)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    lines = []
    for line in run.stdout:
        lines.append(line)
        if "Logs" in line:
            break
    assert f"http://127.0.0.1:{port}/sandbox/phone" in "".join(lines)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
    emulator = int(children.read_text().split()[0]) if children.exists() else None
    run.send_signal(signal.SIGINT)
    assert run.wait(15) == 0
    if emulator:
        assert not Path(f"/proc/{emulator}").exists()
    # The port is free again.
    socket.create_server(("127.0.0.1", port)).close()
    shutil.rmtree(ROOT / ".local" / f"stack-{port}")


@pytest.mark.stack
def test_an_emulator_that_dies_is_noticed_and_the_api_says_unavailable() -> None:
    with start(speed=30, seeded=False) as doomed:
        os.kill(doomed.engine_pid, signal.SIGKILL)
        until(lambda: doomed.failure is not None)
        assert "ended by itself" in str(doomed.failure)
        answer = httpx.get(f"{doomed.api_url}/products", headers={"x-client-key": WEB_KEY})
        assert (answer.status_code, answer.json()) == (503, {"message": "Service Unavailable"})
