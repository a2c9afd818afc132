"""A built function on AWS's runtime interface emulator, in a room of its own or, where no room can be had, a folder."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.stack.engine import CREDENTIALS, REGION, free_port
from tests.artefacts.build import VERSION, emulator

ROOM = Path(__file__).with_name("room.py")
PATIENCE_SECONDS = 180


@dataclass(frozen=True)
class Layout:
    """What one function is made of: folders of this machine, and what the template says of it."""

    code: Path
    layer: Path
    runtime: Path
    handler: str
    timeout: int
    variables: Mapping[str, str]
    scratch: Path
    """Empty; the log goes there, and a room is built below it."""


@dataclass(frozen=True)
class Running:
    """A function that takes events."""

    url: str
    log_file: Path

    @property
    def log(self) -> str:
        """Everything that it and its runtime wrote so far."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def invoke(self, event: Any) -> Any:
        """Send an event and return the answer; an error is one with `errorType`, also if the function cannot start."""
        request = urllib.request.Request(
            f"{self.url}/2015-03-31/functions/function/invocations", data=json.dumps(event).encode(), method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return json.loads(error.read())


@contextmanager
def running(layout: Layout) -> Iterator[Running]:
    """Start the emulator with a function; the function itself starts with the first event, as in Lambda."""
    port, log_file = free_port(), layout.scratch / "function.log"
    addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
    addresses += ["--runtime-api-address", f"127.0.0.1:{free_port()}"]
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            _room(layout, addresses) if rooms() else _folder(layout, addresses),
            cwd=layout.code,
            env={} if rooms() else _environment(layout, str(layout.code), str(layout.layer), str(layout.runtime)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(port, process, log_file)
            yield Running(f"http://127.0.0.1:{port}", log_file)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@cache
def rooms() -> bool:
    """Whether this system lets us mount file systems of a function's own: it lets root, and mostly anybody."""
    try:
        tried = subprocess.run(
            [*_unshare(), "sh", "-c", "mount -t tmpfs room /mnt && mount -t proc proc /proc"],
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        return False
    return tried.returncode == 0


def _unshare() -> list[str]:
    namespaces = ["unshare", "--mount", "--pid", "--fork"]
    return namespaces if os.geteuid() == 0 else [*namespaces, "--user", "--map-root-user"]


def _room(layout: Layout, addresses: list[str]) -> list[str]:
    """Return what starts a function at Lambda's own paths, and says so to it."""
    root = layout.scratch / "room"
    root.mkdir()
    python = f"/var/lang/bin/python{VERSION}"
    told = {
        "root": str(root),
        "mounts": {
            str(layout.code): "/var/task",
            str(layout.layer): "/opt",
            str(layout.runtime): "/var/runtime",
            sys.base_prefix: "/var/lang",
            str(emulator()): "/usr/local/bin/aws-lambda-rie",
        },
        "drop": os.geteuid() == 0,
        "command": ["/usr/local/bin/aws-lambda-rie", *addresses, *_bootstrap(python, layout)],
        "environment": _environment(layout, "/var/task", "/opt", "/var/runtime"),
    }
    what = layout.scratch / "room.json"
    what.write_text(json.dumps(told), encoding="utf-8")
    return [*_unshare(), sys.executable, "-I", str(ROOM), str(what)]


def _folder(layout: Layout, addresses: list[str]) -> list[str]:
    """Return what starts a function where it was built; nobody but root can write into it."""
    for folder in (layout.code, layout.layer):
        for path in (folder, *folder.rglob("*")):
            if path.is_dir():
                path.chmod(0o555)
    return [str(emulator()), *addresses, *_bootstrap(f"{sys.base_prefix}/bin/python{VERSION}", layout)]


def _bootstrap(python: str, layout: Layout) -> list[str]:
    # -S: the packages of this Python's own site are not Lambda's.
    return [python, "-S", "-m", "awslambdaric", layout.handler]


def _environment(layout: Layout, code: str, layer: str, runtime: str) -> dict[str, str]:
    """Return what Lambda sets (developer guide, "Defined runtime environment variables"), and the function's own."""
    prefix = str(Path(sys.base_prefix) / "lib") if code == str(layout.code) else "/var/lang/lib"
    return {
        "PATH": os.defpath,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "LD_LIBRARY_PATH": f"{prefix}:{code}:{code}/lib:{layer}/lib",
        # Lambda's Python finds them in this order.
        "PYTHONPATH": f"{code}:{layer}/python:{runtime}",
        "LAMBDA_TASK_ROOT": code,
        "LAMBDA_RUNTIME_DIR": runtime,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        **{name.upper(): value for name, value in CREDENTIALS.items()},
        "AWS_LAMBDA_FUNCTION_NAME": layout.handler.split(".")[1],
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(layout.timeout),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        **layout.variables,
    }


def _wait(port: int, process: subprocess.Popen[bytes], log_file: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError(f"the emulator did not start: {log_file.read_text(encoding='utf-8', errors='replace')}")
