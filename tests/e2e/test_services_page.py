"""docs/services.md: both of its examples run as they stand, against the local stack."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.stack import Stack
from sandbox.stack.door import ERP_KEY, WEB_KEY

PAGE = Path(__file__).resolve().parents[2] / "docs" / "services.md"
SKU = "LAP-T480-16-512"


def example(language: str, stack: Stack) -> str:
    """Return the page's one example in a language, for this stack's address."""
    (code,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert "http://127.0.0.1:8000" in code
    return str(code).replace("http://127.0.0.1:8000", stack.base_url)


def corrections(stack: Stack) -> list[int]:
    """Return how many units each correction of the SKU added or took away, oldest first."""
    with httpx.Client(base_url=stack.api_url, headers={"x-internal-key": ERP_KEY}, trust_env=False, timeout=60) as erp:
        answer = erp.get(f"/admin/stock/{SKU}/events")
        assert answer.status_code == 200, answer.text
        trail: list[dict[str, Any]] = answer.json()["items"]
    return [
        event["data"]["change"]
        for event in trail
        if event["type"] == "StockAdjusted" and event["data"]["by"] == "service/erp"
    ]


def test_the_example_in_python(stack: Stack) -> None:
    before = corrections(stack)
    run = subprocess.run(
        [sys.executable, "-c", example("python", stack)], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    assert f"'sku': '{SKU}'" in run.stdout
    assert corrections(stack) == [*before, 1]


def test_the_example_for_the_shell(stack: Stack) -> None:
    if not (shutil.which("curl") and shutil.which("openssl")):
        pytest.skip("curl or openssl is not installed")
    before = corrections(stack)
    run = subprocess.run(["sh", "-c", example("sh", stack)], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads(run.stdout)["sku"] == SKU
    assert corrections(stack) == [*before, -1]


def test_a_page_may_ask_before_it_sends_what_the_door_wants(stack: Stack) -> None:
    """The browser's preflight for every header that a page of the shop sends."""
    wanted = "content-type,idempotency-key,x-client-key,x-correlation-id,x-one-time-code,authorization"
    asked = {
        "origin": stack.base_url,
        "access-control-request-method": "POST",
        "access-control-request-headers": wanted,
    }
    with httpx.Client(base_url=stack.api_url, trust_env=False, timeout=60) as browser:
        answer = browser.options("/checkout", headers=asked)
        assert answer.is_success
        allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
        assert set(wanted.split(",")) <= allowed
        refused = browser.get("/products", headers={"origin": "https://evil.test", "x-client-key": WEB_KEY})
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:salama:problem:origin-refused")
        for origin in (stack.base_url, stack.base_url.replace("127.0.0.1", "localhost")):
            own = browser.get("/products", headers={"origin": origin, "x-client-key": WEB_KEY})
            assert own.status_code == 200
