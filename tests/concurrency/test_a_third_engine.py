"""The tests of concurrency run on any DynamoDB that `--dynamodb` names, and leave nothing there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.engines import dynoxide
from tests.support import engines

ROOT = Path(__file__).resolve().parents[2]
ONE_TEST = "tests/concurrency/test_commit.py::test_nothing_of_a_failed_commit_is_written"


@pytest.mark.dynoxide
def test_a_third_engine_judges_too_and_is_left_empty(dynoxide_url: str) -> None:
    with dynoxide() as url:
        command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", ONE_TEST, "--dynamodb", url]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        for engine in ("ministack", "dynoxide", "elsewhere"):
            assert f"PASSED {ONE_TEST}[{engine}]" in run.stdout
        assert engines._client(url).list_tables()["TableNames"] == []


def test_an_account_of_aws_is_told_by_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://dynamodb.eu-west-1.amazonaws.com"
    monkeypatch.setattr(engines, "_elsewhere", {})
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "whose")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    engines.use_elsewhere(url)
    account = engines._elsewhere[url]
    assert account.region == "eu-west-1"
    assert list(account.credentials.values()) == ["whose", "secret", "token"]


def test_an_account_of_aws_wants_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(ValueError, match="wants credentials"):
        engines.use_elsewhere("https://dynamodb.eu-west-1.amazonaws.com")
