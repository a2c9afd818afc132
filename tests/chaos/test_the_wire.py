"""The wire of the harness answers as botocore does, refusals too: what is shown on it holds for the real client."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from commerce.kernel.tables import Database
from tests.support.cloud.wire import wire

KEY = {"pk": {"S": "a"}}


def both(database: Database, url: str, operation: str, given: dict[str, Any]) -> list[Any]:
    """Make a call by botocore and by the wire; return what each makes of the answer, apart from its HTTP."""
    client: Any = database.connection.client
    found = []
    for call in (client._make_api_call, wire(url).call):
        try:
            answer = call(operation, given)
        except ClientError as refusal:
            response: dict[str, Any] = dict(refusal.response)
            answer = {"code": response["Error"]["Code"], "reasons": response.get("CancellationReasons")}
        found.append({name: value for name, value in answer.items() if name != "ResponseMetadata"})
    return found


def test_reads_answer_alike(database: Database, engine_url: str) -> None:
    table = database._names["guards"]
    item = {
        **KEY,
        "text": {"S": "ä"},
        "bytes": {"B": b"\x00\xff"},
        "map": {"M": {"B": {"S": "a name"}}},
        "no": {"N": "1"},
    }
    both(database, engine_url, "PutItem", {"TableName": table, "Item": item})
    for operation, given in (
        ("GetItem", {"Key": KEY}),
        ("GetItem", {"Key": {"pk": {"S": "b"}}}),
        ("Scan", {}),
        ("Query", {"KeyConditionExpression": "pk = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}),
    ):
        by_botocore, by_wire = both(
            database, engine_url, operation, {"TableName": table, "ConsistentRead": True, **given}
        )
        assert by_wire == by_botocore
    assert wire(engine_url).call("GetItem", {"TableName": table, "Key": KEY})["Item"] == item


@pytest.mark.parametrize("returned", [{}, {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}])
def test_refusals_answer_alike(database: Database, engine_url: str, returned: dict[str, str]) -> None:
    table = database._names["guards"]
    put = {"TableName": table, "Item": {**KEY, "bytes": {"B": b"\x00"}}}
    wire(engine_url).call("PutItem", put)
    once = {**put, "ConditionExpression": "attribute_not_exists(pk)", **returned}
    free = {**put, "Item": {"pk": {"S": "b"}}}
    for operation, given in (
        ("PutItem", once),
        ("TransactWriteItems", {"TransactItems": [{"Put": free}, {"Put": once}]}),
        ("GetItem", {"TableName": "none", "Key": KEY}),
    ):
        by_botocore, by_wire = both(database, engine_url, operation, given)
        assert by_wire == by_botocore
        assert "code" in by_wire
