"""The AWS emulator (ministack) as a child process of ours: started, watched, stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config

REGION: Final = "af-south-1"
ACCOUNT = "000000000000"
# Any key works; it is also what the functions get as their own credentials.
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}

# Ends with us even when we are killed outright: the pipe on its standard input closes. After each invocation the
# emulator waits 50 ms for a first log line; a function that logged nothing would be that much slower.
_CHILD = """\
import os, signal, sys, threading
def follow():
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=follow, daemon=True).start()
from ministack.app import main
from ministack.core.lambda_runtime import Worker
Worker._drain_stderr_bounded.__defaults__ = (0.005, 0.002, 0.1)
sys.argv[1:] = []
main()
"""


class EngineError(Exception):
    """The emulator did not start, or ended by itself; the message says where its log is."""


class Engine:
    """One ministack on its own free port, listening on the loopback only.

    It gets a clean environment: whatever is in it leaks into the functions' own environment.
    """

    def __init__(self, state: Path) -> None:
        self.log = state / "ministack.log"
        self.port = free_port()
        self._state = state
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()

    @property
    def url(self) -> str:
        """Where every AWS API answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Its process, once started."""
        return self._running().pid

    def start(self, timeout: float = 60) -> None:
        """Start it and wait until it answers.

        Raises:
            EngineError: it ended, or was not ready within `timeout` seconds.
        """
        scratch = self._state / "tmp"
        scratch.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _CHILD],
                cwd=self._state,
                env=self._environment(scratch),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + timeout
        while not self._answers():
            if self._process.poll() is not None:
                raise EngineError(f"the AWS emulator did not start: {self.last_words()} (log: {self.log})")
            if time.monotonic() > deadline:
                self.stop()
                raise EngineError(f"the AWS emulator was not ready after {timeout:.0f} s (log: {self.log})")
            time.sleep(0.05)

    def watch(self, on_death: Callable[[str], None]) -> None:
        """Call `on_death` with a message if the emulator ends before `stop`."""
        process = self._running()

        def wait() -> None:
            code = process.wait()
            if not self._stopping.is_set():
                on_death(f"the AWS emulator ended by itself with code {code} (log: {self.log})")

        threading.Thread(target=wait, daemon=True, name="engine-watch").start()

    def stop(self, grace: float = 5) -> None:
        """End it and everything it started. Safe to call twice."""
        self._stopping.set()
        process = self._process
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        # A child has its own group; a worker in it that outlives the parent's good-bye is killed with it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def client(self, service: str) -> Any:
        """A boto3 client of this emulator; callers annotate it with the service's own type."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.url,
            region_name=REGION,
            config=Config(
                retries={"total_max_attempts": 2},
                read_timeout=60,
                max_pool_connections=50,
                s3={"addressing_style": "path"},
            ),
            **CREDENTIALS,
        )

    def last_words(self) -> str:
        """The last line of its log that says something."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n") if self.log.exists() else []
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise EngineError("the AWS emulator was not started")
        return self._process

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=1) as answer:  # nosec B310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _environment(self, scratch: Path) -> dict[str, str]:
        return {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "TMPDIR": str(scratch),
            "STATE_DIR": str(self._state / "state"),
            "S3_DATA_DIR": str(self._state / "s3"),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
            # A throttled queue batch waits for its visibility time-out: the gateway limits concurrency instead.
            "LAMBDA_ACCOUNT_CONCURRENCY": "200",
            "LAMBDA_WARM_TTL_SECONDS": "120",
            "MINISTACK_HOST": "127.0.0.1",
            # Other services' listeners on fixed ports, which two stacks would fight over.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LOG_LEVEL": "INFO",
        }


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
