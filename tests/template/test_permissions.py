"""Who may do what: promise 5 (no unaudited change), and least privilege, read from the roles themselves."""

from __future__ import annotations

import pytest

from tests.template.stack import Stack, stack

DARAJA = "secretsmanager:secret:DarajaSecretId-??????"
STRIPE = "secretsmanager:secret:StripeSecretId-??????"
DOOR = "secretsmanager:secret:DoorSecretId-??????"
CARRIERS = "secretsmanager:secret:CarrierSecretId-??????"
PUT_AND_UPDATE = {"dynamodb:PutItem", "dynamodb:UpdateItem"}
CONSUME = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
SEND = {"sqs:SendMessage"}
READ_SECRET = {"secretsmanager:GetSecretValue"}
# A lease or mark that workers share (Daraja's token, a breaker, an e-mail sent); a receipt that is spent once.
SHARED_ROW = {"dynamodb:GetItem", "dynamodb:UpdateItem"}
SPEND_RECEIPT = {"dynamodb:PutItem"}
# Uses of a voucher and what is left of a credit, looked at and taken or given back; only staff open either.
TAKE_OR_GIVE_BACK = {"dynamodb:BatchGetItem", "dynamodb:UpdateItem"}
# A rate window.
COUNT = {"dynamodb:UpdateItem"}
# Who moves money speaks to every provider: Daraja and, where cards are offered, Stripe.
PROVIDERS = {DARAJA: READ_SECRET, STRIPE: READ_SECRET}

# Who answers people looks at their frontend's key first, and counts what comes under it.
KEYS = {DOOR: READ_SECRET}

# The stream of the events table.
READ_STREAM = {
    "EventsTable/stream": {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"},
    "EventsTable/stream/*": {"dynamodb:ListStreams"},
}

# What cases are kept and found with; and the queues that a message may be sent back to.
CASES = {
    "HealingTable": {"dynamodb:GetItem", "dynamodb:BatchGetItem"} | PUT_AND_UPDATE,
    "HealingTable/index/due": {"dynamodb:Query"},
    "HealingTable/index/by_state": {"dynamodb:Query"},
}
WORK = ("VerifyQueue", "RefundQueue", "NotifyQueue", "CarrierQueue", "BoardQueue", "SecurityQueue")
LETTERS = ("Payment", "Refund", "Notify", "Carrier", "Board", "Security", "Relay", "Archive")

# The whole of what each function may do, its own logs and traces aside. A new right is written down here first.
EXPECTED: dict[str, dict[str, set[str]]] = {
    "BrowseCatalog": {
        "SecurityQueue": SEND,
        **KEYS,
        "GuardsTable": COUNT,
        "CatalogTable": {"dynamodb:GetItem"},
        "CatalogTable/index/listing": {"dynamodb:Query"},
        "StockTable": {"dynamodb:BatchGetItem"},
        "ReviewsTable": {"dynamodb:GetItem", "dynamodb:Query"},
    },
    "StartCheckout": {
        "SecurityQueue": SEND,
        **KEYS,
        "CatalogTable": {"dynamodb:BatchGetItem"},
        "StockTable": {"dynamodb:BatchGetItem", "dynamodb:UpdateItem"},
        "OrdersTable": {"dynamodb:BatchGetItem", "dynamodb:Query"} | PUT_AND_UPDATE,
        "EventsTable": {"dynamodb:PutItem"},
        "VouchersTable": TAKE_OR_GIVE_BACK,
        "GuardsTable": {"dynamodb:BatchGetItem"} | SHARED_ROW | SPEND_RECEIPT,
        **PROVIDERS,
    },
    "RetryPayment": {
        "SecurityQueue": SEND,
        **KEYS,
        "StockTable": {"dynamodb:BatchGetItem", "dynamodb:UpdateItem"},
        "OrdersTable": {"dynamodb:Query"} | PUT_AND_UPDATE,
        "EventsTable": {"dynamodb:PutItem"},
        "VouchersTable": TAKE_OR_GIVE_BACK,
        "GuardsTable": {"dynamodb:BatchGetItem"} | SHARED_ROW | SPEND_RECEIPT,
        **PROVIDERS,
    },
    "ShowOrder": {
        "SecurityQueue": SEND,
        **KEYS,
        "OrdersTable": {"dynamodb:Query"},
        "GuardsTable": {"dynamodb:UpdateItem"},
    },
    "ReceiveStkCallback": {"VerifyQueue": SEND, "SecurityQueue": SEND, DARAJA: READ_SECRET},
    "ReceiveDarajaResult": {"RefundQueue": SEND, "SecurityQueue": SEND, DARAJA: READ_SECRET},
    "CheckVoucher": {
        "SecurityQueue": SEND,
        **KEYS,
        "CatalogTable": {"dynamodb:BatchGetItem"},
        "VouchersTable": {"dynamodb:BatchGetItem"},
        "GuardsTable": COUNT,
    },
    "OfferPaymentMethods": {"SecurityQueue": SEND, **KEYS, "GuardsTable": {"dynamodb:BatchGetItem"} | COUNT},
    "RequestReturn": {
        "SecurityQueue": SEND,
        **KEYS,
        "OrdersTable": {"dynamodb:Query"} | PUT_AND_UPDATE,
        "EventsTable": {"dynamodb:PutItem"},
        "GuardsTable": COUNT,
    },
    "ServeCustomer": {
        "SecurityQueue": SEND,
        **KEYS,
        "CustomersTable": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "ReviewsTable": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "OrdersTable": {"dynamodb:Query"},
        "CatalogTable": {"dynamodb:GetItem", "dynamodb:BatchGetItem"},
        "EventsTable": {"dynamodb:PutItem"},
        "GuardsTable": COUNT,
    },
    "ServeStaff": {
        "SecurityQueue": SEND,
        **KEYS,
        **{f"BoardTable/index/by_{by}": {"dynamodb:Query"} for by in ("email", "phone", "status", "month")},
        "BoardTable": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "SecurityTable": {"dynamodb:Query", "dynamodb:GetItem"},
        "OrdersTable": {"dynamodb:Query", "dynamodb:BatchGetItem"} | PUT_AND_UPDATE,
        "OrdersTable/index/due": {"dynamodb:Query"},
        **CASES,
        **{queue: SEND for queue in WORK if queue != "SecurityQueue"},
        "EventsTable": {"dynamodb:Query", "dynamodb:PutItem"},
        "CatalogTable": {"dynamodb:GetItem"} | PUT_AND_UPDATE,
        "CatalogTable/index/listing": {"dynamodb:Query"},
        "StockTable": {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem"},
        "VouchersTable": {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"} | PUT_AND_UPDATE,
        "ReviewsTable": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "ReviewsTable/index/by_state": {"dynamodb:Query"},
        "GuardsTable": {"dynamodb:BatchGetItem"} | SHARED_ROW | SPEND_RECEIPT,
        "StaffTable": {"dynamodb:GetItem"} | PUT_AND_UPDATE,
        "ArchiveBucket": {"s3:ListBucket"},
        "ArchiveBucket/reports/*": {"s3:GetObject"},
        "SecondFactorKey": {"kms:Encrypt", "kms:Decrypt"},
        **PROVIDERS,
    },
    "ReceiveStripeEvent": {"VerifyQueue": SEND, "RefundQueue": SEND, "SecurityQueue": SEND, STRIPE: READ_SECRET},
    "ReceiveCarrierEvent": {"CarrierQueue": SEND, "SecurityQueue": SEND, CARRIERS: READ_SECRET},
    "TrackShipment": {
        "SecurityQueue": SEND,
        "CarrierQueue": CONSUME,
        "OrdersTable": {"dynamodb:Query"} | PUT_AND_UPDATE,
        "EventsTable": {"dynamodb:PutItem"},
    },
    "ProjectOrders": {
        "BoardQueue": CONSUME,
        "OrdersTable": {"dynamodb:Query"},
        "BoardTable": {"dynamodb:PutItem"},
    },
    "RecordSecurityEvents": {"SecurityQueue": CONSUME, "SecurityTable": {"dynamodb:PutItem"}},
    "VerifyPayment": {
        "VerifyQueue": CONSUME | SEND,
        "StockTable": {"dynamodb:BatchGetItem", "dynamodb:UpdateItem"},
        "OrdersTable": {"dynamodb:Query"} | PUT_AND_UPDATE,
        "EventsTable": {"dynamodb:PutItem"},
        "VouchersTable": TAKE_OR_GIVE_BACK,
        "GuardsTable": SHARED_ROW | SPEND_RECEIPT,
        **PROVIDERS,
    },
    "RefundPayment": {
        "RefundQueue": CONSUME | SEND,
        "StockTable": {"dynamodb:BatchGetItem", "dynamodb:UpdateItem"},
        "OrdersTable": {"dynamodb:Query"} | PUT_AND_UPDATE,
        "EventsTable": {"dynamodb:PutItem"},
        "VouchersTable": TAKE_OR_GIVE_BACK,
        "GuardsTable": SHARED_ROW | SPEND_RECEIPT,
        **PROVIDERS,
    },
    "ExpireReservations": {
        "OrdersTable": {"dynamodb:Query"} | PUT_AND_UPDATE,
        "OrdersTable/index/due": {"dynamodb:Query"},
        "StockTable": {"dynamodb:BatchGetItem", "dynamodb:UpdateItem"},
        "EventsTable": {"dynamodb:PutItem"},
        "VouchersTable": TAKE_OR_GIVE_BACK,
        "GuardsTable": SHARED_ROW | SPEND_RECEIPT,
        "ScheduleDeadLetters": SEND,
        **PROVIDERS,
    },
    "HealFailures": {
        **{f"{letters}DeadLetters": CONSUME for letters in LETTERS},
        "ScheduleDeadLetters": CONSUME | SEND,
        **dict.fromkeys(WORK, SEND),
        **CASES,
        "OrdersTable": {"dynamodb:Query", "dynamodb:BatchGetItem"} | PUT_AND_UPDATE,
        "OrdersTable/index/due": {"dynamodb:Query"},
        "StockTable": {"dynamodb:Scan", "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem"},
        "EventsTable": {"dynamodb:PutItem"},
        "VouchersTable": TAKE_OR_GIVE_BACK,
        "BoardTable": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "GuardsTable": {"dynamodb:BatchGetItem"} | SHARED_ROW | SPEND_RECEIPT,
        "EventBus": {"events:PutEvents"},
        "ArchiveBucket": {"s3:ListBucket"},
        "ArchiveBucket/events/*": {"s3:GetObject"},
        **PROVIDERS,
    },
    "RelayEvents": {**READ_STREAM, "EventBus": {"events:PutEvents"}, "RelayDeadLetters": SEND},
    "ArchiveEvents": {
        **READ_STREAM,
        "ArchiveBucket/events/*": {"s3:PutObject"},
        "ArchiveDeadLetters": SEND,
        "SecurityQueue": SEND,
    },
    "AnchorAudit": {
        "ArchiveBucket": {"s3:ListBucket"},
        "ArchiveBucket/events/*": {"s3:GetObject"},
        "ArchiveBucket/digests/*": {"s3:GetObject", "s3:PutObject"},
        "AuditKey": {"kms:Sign", "kms:Verify"},
        "ScheduleDeadLetters": SEND,
    },
    "VerifyAudit": {
        "EventsTable": {"dynamodb:Query", "dynamodb:BatchGetItem"},
        "OrdersTable": {"dynamodb:Query"},
        "ArchiveBucket": {"s3:ListBucket"},
        "ArchiveBucket/events/*": {"s3:GetObject"},
        "ArchiveBucket/digests/*": {"s3:GetObject"},
        "ArchiveBucket/reports/*": {"s3:GetObject", "s3:PutObject"},
        "AuditKey": {"kms:Verify"},
        "ScheduleDeadLetters": SEND,
        "SecurityQueue": SEND,
    },
    "NotifyCustomer": {
        "NotifyQueue": CONSUME,
        "OrdersTable": {"dynamodb:Query"},
        "GuardsTable": SHARED_ROW,
        "ses:identity/*": {"ses:SendEmail"},
        "ses:configuration-set/*": {"ses:SendEmail"},
    },
}

TRACES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
WRITE_LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}


@pytest.mark.parametrize("function", EXPECTED)
def test_a_function_may_do_exactly_what_is_written_down(function: str, shop: Stack) -> None:
    telemetry = {"*": TRACES, f"{function}Logs": WRITE_LOGS}
    assert shop.permissions(function) == EXPECTED[function] | telemetry


def test_every_function_is_written_down(shop: Stack) -> None:
    assert set(shop.functions) == set(EXPECTED)


@pytest.mark.parametrize("function", EXPECTED)
def test_an_event_can_be_added_and_never_changed(function: str, shop: Stack) -> None:
    for resource, actions in shop.permissions(function).items():
        if resource == "EventsTable":
            # Staff read the trail of an order as well; who proves the trail reads it and adds nothing.
            reads = actions & {"dynamodb:Query", "dynamodb:BatchGetItem"}
            assert actions - reads == (set() if function == "VerifyAudit" else {"dynamodb:PutItem"})
            assert not reads or function in {"ServeStaff", "VerifyAudit"}
        elif resource.startswith("EventsTable/stream"):
            assert not any(action.endswith(("Item", "Write", "Update", "Delete", "Insert")) for action in actions)
        else:
            # Nothing else covers the events table: no pattern over tables, and "*" only for traces and mail (below).
            covers = "*" in resource and not resource.startswith("ArchiveBucket/")
            assert not covers or actions in (TRACES, {"ses:SendEmail"})


def test_a_security_event_is_added_by_one_and_changed_by_none(shop: Stack) -> None:
    read = {"dynamodb:Query", "dynamodb:GetItem"}
    writes = {function: shop.permissions(function).get("SecurityTable", set()) - read for function in shop.functions}
    assert {function: actions for function, actions in writes.items() if actions} == {
        "RecordSecurityEvents": {"dynamodb:PutItem"}
    }


def test_only_traces_are_allowed_on_anything(shop: Stack) -> None:
    # X-Ray has no resources to name: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
    for function in shop.functions:
        for resource, actions in shop.permissions(function).items():
            assert "*" not in resource or (resource, actions) in (
                ("*", TRACES),
                ("EventsTable/stream/*", {"dynamodb:ListStreams"}),
                # Bound by the sender's address instead.
                ("ses:identity/*", {"ses:SendEmail"}),
                ("ses:configuration-set/*", {"ses:SendEmail"}),
                # Objects of one kind in the one bucket (tests/template/test_archive.py).
                *((each, actions) for each in EXPECTED[function] if each.startswith("ArchiveBucket/")),
            )
            assert not any("*" in action for action in actions)


def test_no_role_has_more_than_its_own_policy(shop: Stack) -> None:
    roles = shop.of("AWS::IAM::Role")
    for function, properties in shop.functions.items():
        assert properties["Role"] == {"Fn::GetAtt": [f"{function}Role", "Arn"]}
        role = roles.pop(f"{function}Role")
        assert set(role) == {"AssumeRolePolicyDocument", "Policies"}, "no managed policies"
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert not shop.of("AWS::IAM::Policy")
    assert not shop.of("AWS::IAM::ManagedPolicy")
    # CodeDeploy's own role is all that is left, where deployments are gradual.
    assert set(roles) <= {"CodeDeployServiceRole"}


def test_where_no_cards_are_offered_no_secret_can_be_read_for_them() -> None:
    # Of an empty name the statement would be about every secret whose name is a dash and six characters.
    without, offered = stack("prod", StripeSecretId=""), stack("prod")
    for function in without.functions:
        assert STRIPE not in without.permissions(function)
        assert without.permissions(function).get(DARAJA) == offered.permissions(function).get(DARAJA)
    assert any(STRIPE in offered.permissions(function) for function in offered.functions)


def test_where_no_keys_are_asked_for_no_secret_can_be_read_for_them() -> None:
    without, asked = stack("prod", DoorSecretId=""), stack("prod")
    for function in without.functions:
        assert DOOR not in without.permissions(function)
        assert without.permissions(function).get(DARAJA) == asked.permissions(function).get(DARAJA)
    readers = {function for function in asked.functions if DOOR in asked.permissions(function)}
    hooks = {function for function in asked.functions if function.startswith("Receive")}
    uris = [route["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"] for route in asked.routes.values()]
    answering = {uri.rpartition("${")[2].removesuffix("Aliaslive}/invocations") for uri in uris}
    assert answering - hooks == readers


def test_a_secret_is_read_by_who_speaks_to_its_owner(shop: Stack) -> None:
    readers = {secret: set[str]() for secret in (DARAJA, STRIPE, CARRIERS)}
    for function in shop.functions:
        for secret in readers.keys() & shop.permissions(function).keys():
            readers[secret].add(function)
    workers = {"StartCheckout", "RetryPayment", "VerifyPayment", "RefundPayment", "ExpireReservations", "HealFailures"}
    workers.add("ServeStaff")
    assert readers == {
        DARAJA: workers | {"ReceiveStkCallback", "ReceiveDarajaResult"},
        STRIPE: workers | {"ReceiveStripeEvent"},
        CARRIERS: {"ReceiveCarrierEvent"},
    }


def test_a_model_is_asked_only_where_one_is_named_and_then_that_one(dev: Stack) -> None:
    asked = stack("dev", HealingModelId="some.model-v1:0")
    for environment, expected in ((dev, {}), (asked, {"HealFailures": ["bedrock:InvokeModel"]})):
        found = {
            function: [right for actions in environment.permissions(function).values() for right in actions]
            for function in environment.functions
        }
        rights = {function: [right for right in all_ if "bedrock" in right] for function, all_ in found.items()}
        assert {function: models for function, models in rights.items() if models} == expected
    (model,) = [name for name in asked.permissions("HealFailures") if name.startswith("bedrock")]
    assert model.endswith("foundation-model/HealingModelId")


def test_who_only_counts_reaches_no_token_breaker_or_receipt(shop: Stack) -> None:
    """The guards hold all of these; and an update can have the row that it changes handed out."""
    counts, asks, nonces = "RATE#*", "LOOKUPS#*", "NONCE#*"
    expected = {
        "BrowseCatalog": {"dynamodb:UpdateItem": [counts]},
        "ShowOrder": {"dynamodb:UpdateItem": [counts, asks]},
        "CheckVoucher": {"dynamodb:UpdateItem": [counts, nonces]},
        "OfferPaymentMethods": {"dynamodb:UpdateItem": [counts], "dynamodb:BatchGetItem": ["BREAKER#*"]},
        "RequestReturn": {"dynamodb:UpdateItem": [counts, asks, nonces]},
        "ServeCustomer": {"dynamodb:UpdateItem": [counts, asks, nonces]},
        "NotifyCustomer": {"dynamodb:UpdateItem": ["MAIL#*"], "dynamodb:GetItem": ["MAIL#*"]},
    }
    for function, rights in expected.items():
        bound = shop.leading_keys(function)
        assert {
            action: bound.get(("GuardsTable", action)) for action in shop.permissions(function)["GuardsTable"]
        } == rights
    # Everybody else who reaches the guards speaks to providers.
    for function in shop.functions.keys() - expected.keys():
        reach = shop.permissions(function)
        assert "GuardsTable" not in reach or DARAJA in reach, function


def test_mail_goes_out_under_the_shops_address_only() -> None:
    (send,) = [s for s in stack("prod").statements("NotifyCustomer") if "ses:SendEmail" in s["Action"]]
    assert send["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}


def test_only_api_gateway_and_the_schedule_may_call_functions(shop: Stack) -> None:
    for permission in shop.of("AWS::Lambda::Permission").values():
        assert permission["Principal"] in {"apigateway.amazonaws.com", "events.amazonaws.com"}
        assert permission["SourceArn"], "a service acts for this stack's own resource, not for anybody's"
