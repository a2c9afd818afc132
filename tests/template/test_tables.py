"""Tables: kept, recoverable, encrypted, and with the keys the stores expect."""

from __future__ import annotations

import pytest

from tests.template.stack import Stack

# Keys of each table, then each index: its name, its keys, what it holds.
TABLES: dict[str, tuple[tuple[str, ...], list[tuple[str, tuple[str, str], str]]]] = {
    "CatalogTable": (("pk", "sk"), [("listing", ("listing_pk", "listing_sk"), "ALL")]),
    "StockTable": (("pk",), []),
    "OrdersTable": (("pk", "sk"), [("due", ("due_shard", "due_at"), "KEYS_ONLY")]),
    "EventsTable": (("pk", "sk"), []),
    "GuardsTable": (("pk",), []),
    "VouchersTable": (("pk", "sk"), []),
    "BoardTable": (("pk",), [(f"by_{by}", (by, "placed_at"), "ALL") for by in ("email", "phone", "status", "month")]),
    "CustomersTable": (("pk", "sk"), []),
    "ReviewsTable": (("pk", "sk"), [("by_state", ("state", "at"), "ALL")]),
    "SecurityTable": (("pk", "sk"), []),
    "HealingTable": (
        ("pk",),
        [("due", ("due_shard", "look_at"), "KEYS_ONLY"), ("by_state", ("state", "opened_at"), "INCLUDE")],
    ),
    "StaffTable": (("pk",), []),
}


def test_every_table_is_known(shop: Stack) -> None:
    assert set(shop.of("AWS::DynamoDB::Table")) == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_outlives_its_stack_and_its_mistakes(table: str, shop: Stack) -> None:
    resource = shop.template["Resources"][table]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
    properties = resource["Properties"]
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["ProtectTables", True, False]}


def test_deletion_is_refused_in_prod(prod: Stack, dev: Stack) -> None:
    assert prod.template["Conditions"]["ProtectTables"] == {"Fn::Equals": [{"Ref": "DeletionProtection"}, "true"]}
    assert prod.parameters["DeletionProtection"] == "true"
    assert dev.parameters["DeletionProtection"] == "false"


@pytest.mark.parametrize("table", TABLES)
def test_keys_and_indexes(table: str, shop: Stack) -> None:
    keys, expected = TABLES[table]
    properties = shop.of("AWS::DynamoDB::Table")[table]
    assert _keys(properties["KeySchema"]) == keys
    assert all(attribute["AttributeType"] == "S" for attribute in properties["AttributeDefinitions"])
    indexes = properties.get("GlobalSecondaryIndexes", [])
    found = [(i["IndexName"], _keys(i["KeySchema"]), i["Projection"]["ProjectionType"]) for i in indexes]
    assert found == expected


def test_only_events_are_streamed_and_only_guards_security_and_cases_fade(shop: Stack) -> None:
    tables = shop.of("AWS::DynamoDB::Table")
    streams = {name: table["StreamSpecification"] for name, table in tables.items() if "StreamSpecification" in table}
    assert streams == {"EventsTable": {"StreamViewType": "NEW_IMAGE"}}
    fading = {
        name: table["TimeToLiveSpecification"] for name, table in tables.items() if "TimeToLiveSpecification" in table
    }
    setting = {"AttributeName": "expires_at", "Enabled": True}
    assert fading == dict.fromkeys(("GuardsTable", "SecurityTable", "HealingTable"), setting)


def _keys(schema: list[dict[str, str]]) -> tuple[str, ...]:
    assert [key["KeyType"] for key in schema] == ["HASH", "RANGE"][: len(schema)]
    return tuple(key["AttributeName"] for key in schema)
