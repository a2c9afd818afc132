"""Who may do what: promise 5 (no unaudited change), and least privilege, read from the roles themselves."""

from __future__ import annotations

import pytest

from tests.template.stack import Stack, stack

DARAJA = "secretsmanager:secret:DarajaSecretId-??????"
STRIPE = "secretsmanager:secret:StripeSecretId-??????"
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

# The whole of what each function may do, its own logs and traces aside. A new right is written down here first.
EXPECTED: dict[str, dict[str, set[str]]] = {
    "BrowseCatalog": {
        "CatalogTable": {"dynamodb:GetItem"},
        "CatalogTable/index/listing": {"dynamodb:Query"},
        "StockTable": {"dynamodb:BatchGetItem"},
        "ReviewsTable": {"dynamodb:GetItem", "dynamodb:Query"},
    },
    "StartCheckout": {
        "CatalogTable": {"dynamodb:BatchGetItem"},
        "StockTable": {"dynamodb:BatchGetItem", "dynamodb:UpdateItem"},
        "OrdersTable": {"dynamodb:BatchGetItem", "dynamodb:Query"} | PUT_AND_UPDATE,
        "EventsTable": {"dynamodb:PutItem"},
        "VouchersTable": TAKE_OR_GIVE_BACK,
        "GuardsTable": {"dynamodb:BatchGetItem"} | SHARED_ROW | SPEND_RECEIPT,
        **PROVIDERS,
    },
    "RetryPayment": {
        "StockTable": {"dynamodb:BatchGetItem", "dynamodb:UpdateItem"},
        "OrdersTable": {"dynamodb:Query"} | PUT_AND_UPDATE,
        "EventsTable": {"dynamodb:PutItem"},
        "VouchersTable": TAKE_OR_GIVE_BACK,
        "GuardsTable": {"dynamodb:BatchGetItem"} | SHARED_ROW | SPEND_RECEIPT,
        **PROVIDERS,
    },
    "ShowOrder": {
        "OrdersTable": {"dynamodb:Query"},
        "GuardsTable": {"dynamodb:UpdateItem"},
    },
    "ReceiveStkCallback": {"VerifyQueue": SEND, DARAJA: READ_SECRET},
    "ReceiveDarajaResult": {"RefundQueue": SEND, DARAJA: READ_SECRET},
    "CheckVoucher": {
        "CatalogTable": {"dynamodb:BatchGetItem"},
        "VouchersTable": {"dynamodb:BatchGetItem"},
        "GuardsTable": COUNT,
    },
    "OfferPaymentMethods": {"GuardsTable": {"dynamodb:BatchGetItem"}},
    "RequestReturn": {
        "OrdersTable": {"dynamodb:Query"} | PUT_AND_UPDATE,
        "EventsTable": {"dynamodb:PutItem"},
        "GuardsTable": COUNT,
    },
    "ServeCustomer": {
        "CustomersTable": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "ReviewsTable": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "OrdersTable": {"dynamodb:Query"},
        "CatalogTable": {"dynamodb:GetItem", "dynamodb:BatchGetItem"},
        "EventsTable": {"dynamodb:PutItem"},
        "GuardsTable": COUNT,
    },
    "ServeStaff": {
        **{f"BoardTable/index/by_{by}": {"dynamodb:Query"} for by in ("email", "phone", "status", "month")},
        "BoardTable": {"dynamodb:GetItem"},
        "OrdersTable": {"dynamodb:Query"} | PUT_AND_UPDATE,
        "EventsTable": {"dynamodb:Query", "dynamodb:PutItem"},
        "CatalogTable": {"dynamodb:GetItem"} | PUT_AND_UPDATE,
        "CatalogTable/index/listing": {"dynamodb:Query"},
        "StockTable": {"dynamodb:BatchGetItem", "dynamodb:UpdateItem"},
        "VouchersTable": {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"} | PUT_AND_UPDATE,
        "ReviewsTable": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "ReviewsTable/index/by_state": {"dynamodb:Query"},
        "GuardsTable": SHARED_ROW | SPEND_RECEIPT,
        **PROVIDERS,
    },
    "ReceiveStripeEvent": {"VerifyQueue": SEND, "RefundQueue": SEND, STRIPE: READ_SECRET},
    "ReceiveCarrierEvent": {"CarrierQueue": SEND, CARRIERS: READ_SECRET},
    "TrackShipment": {
        "CarrierQueue": CONSUME,
        "OrdersTable": {"dynamodb:Query"} | PUT_AND_UPDATE,
        "EventsTable": {"dynamodb:PutItem"},
    },
    "ProjectOrders": {
        "BoardQueue": CONSUME,
        "OrdersTable": {"dynamodb:Query"},
        "BoardTable": {"dynamodb:PutItem"},
    },
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
    "RelayEvents": {
        "EventsTable/stream": {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"},
        "EventsTable/stream/*": {"dynamodb:ListStreams"},
        "EventBus": {"events:PutEvents"},
        "RelayDeadLetters": SEND,
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
            # Staff read the trail of an order as well.
            assert actions - {"dynamodb:Query"} == {"dynamodb:PutItem"}
            assert "dynamodb:Query" not in actions or function == "ServeStaff"
        elif resource.startswith("EventsTable/stream"):
            assert not any(action.endswith(("Item", "Write", "Update", "Delete", "Insert")) for action in actions)
        else:
            # Nothing else covers the events table: no pattern over tables, and "*" only for traces and mail (below).
            assert "*" not in resource.removeprefix("EventsTable/stream/") or actions in (TRACES, {"ses:SendEmail"})


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


def test_a_secret_is_read_by_who_speaks_to_its_owner(shop: Stack) -> None:
    readers = {secret: set[str]() for secret in (DARAJA, STRIPE, CARRIERS)}
    for function in shop.functions:
        for secret in readers.keys() & shop.permissions(function).keys():
            readers[secret].add(function)
    workers = {"StartCheckout", "RetryPayment", "VerifyPayment", "RefundPayment", "ExpireReservations"}
    workers.add("ServeStaff")
    assert readers == {
        DARAJA: workers | {"ReceiveStkCallback", "ReceiveDarajaResult"},
        STRIPE: workers | {"ReceiveStripeEvent"},
        CARRIERS: {"ReceiveCarrierEvent"},
    }


def test_mail_goes_out_under_the_shops_address_only() -> None:
    (send,) = [s for s in stack("prod").statements("NotifyCustomer") if "ses:SendEmail" in s["Action"]]
    assert send["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}


def test_only_api_gateway_and_the_schedule_may_call_functions(shop: Stack) -> None:
    for permission in shop.of("AWS::Lambda::Permission").values():
        assert permission["Principal"] in {"apigateway.amazonaws.com", "events.amazonaws.com"}
        assert permission["SourceArn"], "a service acts for this stack's own resource, not for anybody's"
