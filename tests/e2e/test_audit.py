"""The audit trail on the running stack: two functions read the one stream, and the trail is proved from both."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import boto3
import pytest

from commerce.audit.archive import EVENTS, Archive
from commerce.audit.store import EventLog
from sandbox.stack import Stack
from sandbox.stack.engine import CREDENTIALS, REGION
from tests.e2e.test_stack import until


@pytest.fixture(scope="module")
def archive(stack: Stack) -> Archive:
    s3 = boto3.client("s3", endpoint_url=stack.aws_url, region_name=REGION, **CREDENTIALS)  # type: ignore[call-overload]
    (bucket,) = [each["Name"] for each in s3.list_buckets()["Buckets"] if "archive" in each["Name"]]
    return Archive(s3, bucket)


@pytest.mark.stack
def test_what_was_written_is_archived_as_it_is(stack: Stack, archive: Archive) -> None:
    written = EventLog(stack.database).trail("category/laptops")
    assert written

    def archived() -> bool:
        found = [event for key in archive.keys(EVENTS, None) for event in archive.read(key)]
        return all(event in found for event in written)

    until(archived)


def over(archive: Archive) -> list[str]:
    """Return the days that something happened on and that are over: none, unless midnight (UTC) fell into the tests."""
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    return sorted({key.removeprefix(EVENTS)[: len(today)] for key in archive.keys(EVENTS, None)} - {today})


@pytest.mark.stack
def test_the_nights_functions_run(stack: Stack, archive: Archive) -> None:
    for name in ("anchor_audit", "verify_audit"):
        before = over(archive)
        answer = stack.lambda_.invoke(FunctionName=stack.functions[name], Payload=b"{}")
        told = answer["Payload"].read()
        assert not answer.get("FunctionError"), told
        days = [each if isinstance(each, str) else each["day"] for each in json.loads(told)["days"]]
        assert days in (before, over(archive))
