"""What importing each function costs a cold start, in instructions, which repeat where milliseconds do not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sandbox.bench import layer
from sandbox.bench.imports import FUNCTIONS
from sandbox.bench.report import Section, tell
from sandbox.stack.engine import REGION

MILLION = 1_000_000
#: Budgets in millions of instructions over bare Python.
WEBHOOK, WORKER, CHECKOUT = 700, 780, 1250
BUDGETS = {
    **dict.fromkeys(
        ("receive_stk_callback", "receive_daraja_result", "receive_stripe_event", "receive_carrier_event"), WEBHOOK
    ),
    **dict.fromkeys(
        (
            "relay_events", "verify_payment", "refund_payment", "expire_reservations", "notify_customer",
            "check_voucher", "offer_payment_methods", "request_return", "track_shipment", "project_orders",
            "archive_events", "record_security_events", "heal_failures", "anchor_audit", "verify_audit",
        ),
        WORKER,
    ),
    **dict.fromkeys(("start_checkout", "retry_payment"), CHECKOUT),
}  # fmt: skip
HEAVY = (
    "boto3", "stripe", "pydantic", "pynamodb", "httpx", "fastapi", "aws_lambda_powertools",
    "aws_lambda_powertools.metrics", "aws_xray_sdk", "asyncio",
)  # fmt: skip
#: The same imports in the document of the budgets: they say how this interpreter compares with that one.
REFERENCES = {
    "httpx client": ("import httpx; httpx.Client()", 535),
    "Powertools Logger": ("from aws_lambda_powertools import Logger; Logger()", 160),
    "botocore client, data pruned": (
        "from botocore.session import get_session; get_session().create_client('dynamodb')", 626,
    ),
}  # fmt: skip
REPEATS = 5


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Runs a statement in a bare Python that sees the layer's copy and nothing else."""

    path: Path
    executable: Path

    def run(self, statement: str, *, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Run `python -S -c statement`, under the program `before` if one is given.

        Raises
        ------
        RuntimeError
            When it fails, with the last line that it wrote.
        """
        done = subprocess.run(
            [*before, str(self.executable), "-S", "-c", statement],
            # Python looks in the working directory first: it must not find the repository's own functions there.
            cwd=self.path,
            env={
                "PATH": os.environ.get("PATH", ""),
                "PYTHONPATH": str(self.path),
                "PYTHONHASHSEED": "0",
                "PYTHONDONTWRITEBYTECODE": "1",
                "AWS_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "POWERTOOLS_SERVICE_NAME": "salama",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{statement}: {(done.stderr.splitlines() or ['it said nothing'])[-1]}")
        return done

    def name(self) -> str:
        """Return which Python this is."""
        number = self.run("import platform; print(platform.python_version())").stdout.strip()
        whose = "this project's own" if self.executable == Path(sys.executable) else "the system's"
        return f"{whose} Python {number}"

    def instructions(self, statement: str) -> int:
        """Count the instructions of a statement, start and end of Python included."""
        counter = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
        found = re.search(r"I\s+refs:\s+([\d,]+)", self.run(statement, before=counter).stderr)
        if found is None:
            raise RuntimeError("valgrind counted nothing")
        return int(found[1].replace(",", ""))

    def milliseconds(self, statement: str) -> float:
        """Return the least wall time of a few runs, start and end of Python included."""
        took: list[float] = []
        for _ in range(REPEATS):
            started = time.perf_counter()
            self.run(statement)
            took.append((time.perf_counter() - started) * 1000)
        return min(took)

    def modules(self, statement: str) -> frozenset[str]:
        """Return what is loaded after a statement."""
        return frozenset(self.run(f"{statement}; import sys; print('\\n'.join(sys.modules))").stdout.split())


def functions() -> list[str]:
    """Return the functions there are."""
    return sorted(path.parent.name for path in (layer.ROOT / "functions").glob("*/app.py"))


def interpreter() -> Path:
    """Return the system's own Python of this version, whose counts match the budgets' references; else this one."""
    own = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
    return own if own.exists() else Path(sys.executable)


def cold_start(python: Interpreter) -> Section:
    """Measure every function's import."""
    section = Section("Cold start")
    if shutil.which("valgrind"):
        _instructions(section, python)
    else:
        section.missing.append("instructions: valgrind is not installed")
        _milliseconds(section, python)
    _heavy(section, python)
    return section


def _instructions(section: Section, python: Interpreter) -> None:
    section.notes = [
        "Millions of instructions over bare Python, by cachegrind without cache simulation, `python -S`, from a copy "
        "of the layer with its data pruned and its bytecode unchecked, as the layer's Makefile builds it.",
        f"Counted on {python.name()}. Counts repeat on one build of Python and differ between builds by a fifth and "
        "more; the references show how this one compares with the one that the budgets were set on.",
        "Clients and providers are made by the first event, not by the import.",
        "The ceiling is what it came to when it was last looked at, and 3 % more; the shared budget is the design's, "
        "set before there were orders: botocore with PynamoDB and pydantic with the order's model alone are some 840.",
    ]
    names = functions()
    tell(f"counting the instructions of {len(names)} imports")
    statements = {name: f"import functions.{name}.app" for name in names}
    statements |= {name: statement for name, (statement, _) in REFERENCES.items()}
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        bare = python.instructions("pass") / MILLION
        counted = pool.map(python.instructions, statements.values())
        found = {name: count / MILLION - bare for name, count in zip(statements, counted, strict=True)}
    table = section.table("Import of functions.X.app", "function", "M instructions", "ceiling", "shared budget", "")
    for name in names:
        ceiling = FUNCTIONS[name].instructions
        shared = f"<= {BUDGETS[name]}" if name in BUDGETS else "-"
        own, grew = (f"<= {ceiling}", found[name] > ceiling) if ceiling else ("-", False)
        table.add(name, round(found[name]), own, shared, "GREW" if grew else "")
    table = section.table("References", "import", "here", "in the budgets' document")
    for name, (_, documented) in REFERENCES.items():
        table.add(name, round(found[name]), documented)


def _milliseconds(section: Section, python: Interpreter) -> None:
    section.notes = [
        f"Milliseconds over bare Python, least of {REPEATS} runs; `python -S` and the layer's pruned copy."
    ]
    bare = python.milliseconds("pass")
    table = section.table("Import of functions.X.app", "function", "ms", "budget, M instructions")
    for name in functions():
        table.add(name, round(python.milliseconds(f"import functions.{name}.app") - bare), BUDGETS.get(name, "-"))


def _heavy(section: Section, python: Interpreter) -> None:
    table = section.table("Modules after the import", "function", "modules", "of them heavy", "forbidden")
    names = functions()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        found = pool.map(python.modules, [f"import functions.{name}.app" for name in names])
        for name, loaded in zip(names, found, strict=True):
            forbidden = sorted(loaded & FUNCTIONS[name].forbidden)
            heavy = [module for module in HEAVY if module in loaded]
            table.add(name, len(loaded), ", ".join(heavy) or "none", ", ".join(forbidden) or "none")
