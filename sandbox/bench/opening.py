"""Opens the shop that is measured: real tables, queues, secrets and sample goods, and providers that answer at once."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from commerce.audit.store import EventLog
from commerce.inventory.receive_stock import receive_stock
from commerce.promotions.credit_code import credit_code, credit_id
from commerce.promotions.credit_store import CreditRow, credit_key
from commerce.promotions.model import Voucher
from commerce.promotions.publish_voucher import publish_voucher
from commerce.runtime import aws, wiring
from sandbox.bench import engines, events, identity
from sandbox.bench.daraja import StubDaraja, stub_daraja
from sandbox.bench.stripe import WEBHOOK_SECRET, StubStripe, stub_stripe
from sandbox.bench.world import LINES, BenchClock, World
from sandbox.engines import create_tables, ministack
from sandbox.identity.issuer import Issuer
from sandbox.seed import seed
from sandbox.stack.engine import CREDENTIALS, REGION

PLENTY = 50_000
QUEUES = ("VERIFY", "REFUND", "NOTIFY", "CARRIER", "BOARD", "SECURITY")
DEAD_LETTERS = ("PAYMENT", "REFUND", "NOTIFY", "CARRIER", "BOARD", "SECURITY", "RELAY", "ARCHIVE", "SCHEDULE")
CARRIER_SECRET = "benchmark-carrier-secret"
DOOR_SECRET_ID = "bench/door"
CLIENT_KEY = "benchmark-client-key-0123456789"
#: Vouchers by what they are called here, with their code; each is the one before it with one limit more.
VOUCHERS: dict[str, tuple[str, dict[str, object]]] = {
    "a voucher": ("BENCH-PLAIN", {}),
    "a limited voucher": ("BENCH-LIMIT", {"total_limit": PLENTY}),
    "a voucher limited per customer": ("BENCH-EACH", {"total_limit": PLENTY, "per_customer_limit": PLENTY}),
    "a first-order voucher": (
        "BENCH-FIRST", {"total_limit": PLENTY, "per_customer_limit": PLENTY, "first_order_only": True},
    ),
}  # fmt: skip
#: Two credits in minor units of KES: one that covers a part of an order, and one that covers all of it.
PART, ALL = 100_000, 100_000_000


@contextmanager
def running(state: Path) -> Iterator[World]:
    """Open a shop with the sample goods on its shelves, every cache warm: token, secrets, clients."""
    clock = BenchClock()
    with (
        ministack(state) as url,
        engines.dynoxide(url) as (engine, tables_url),
        stub_daraja() as daraja,
        stub_stripe() as stripe,
        identity.stub_issuer() as issuer,
        mock.patch.dict(os.environ, _environment(url, tables_url, daraja, stripe, issuer)),
        mock.patch.dict(events.tokens, identity.tokens(issuer, clock.now())),
        mock.patch.object(wiring, "clock", lambda: clock),
    ):
        client = engines.table_client(tables_url)
        names = create_tables(client, "bench-")
        os.environ.update({f"{name.upper()}_TABLE": physical for name, physical in names.items()})
        _open_services()
        _fill(clock)
        world = World(engine, client, names, clock, daraja, stripe)
        handler = logging.StreamHandler(world.log)
        logging.getLogger().addHandler(handler)
        logging.getLogger().setLevel(logging.INFO)
        try:
            yield world
        finally:
            logging.getLogger().removeHandler(handler)


def credit_of(amount: int) -> str:
    """Return the code of the credit that was opened with this amount."""
    return credit_code(str(amount).encode().ljust(13, b"."))


def _fill(clock: BenchClock) -> None:
    database = wiring.database()
    seed(database)
    for sku, buckets in LINES:
        receive_stock(database, clock, sku=sku, quantity=PLENTY, buckets=buckets, delivery="benchmark")
    log = EventLog(database)
    for code, limits in VOUCHERS.values():
        promised = {"code": code, "kind": "percent", "percent": 10, "description": "10 % off", **limits}
        voucher = Voucher.model_validate_json(json.dumps(promised))
        publish_voucher(database, clock, voucher, by="benchmark", reason="to be measured", record=log.record)
    credits = database.bind(CreditRow, "vouchers")
    for amount in (PART, ALL):
        key = credit_key(credit_id(credit_of(amount)))
        credits(*key, currency="KES", issued=amount, balance=amount, spent=0, origin="benchmark").save()


def _open_services() -> None:
    secrets = {
        "DARAJA": {
            **dict.fromkeys(("consumer_key", "consumer_secret", "passkey", "initiator_name"), "benchmark"),
            "security_credential": "benchmark",
            "callback_key": "benchmark-callback-key",
        },
        "STRIPE": {
            "secret_key": "sk_test_benchmark",
            "publishable_key": f"pk_test_{'x' * 99}",
            "webhook_secrets": WEBHOOK_SECRET,
        },
        "CARRIER": {"g4s": CARRIER_SECRET},
    }
    keep_secret = aws.client("secretsmanager").create_secret
    for name, members in secrets.items():
        keep_secret(Name=os.environ[f"{name}_SECRET_ID"], SecretString=json.dumps(members))
    frontends = {"web": {"keys": [CLIENT_KEY], "origins": ["https://shop.example"], "per_minute": 600}}
    keep_secret(Name=DOOR_SECRET_ID, SecretString=json.dumps({"clients": frontends}))
    variables = [f"{name}_QUEUE_URL" for name in QUEUES] + [f"{name}_DEAD_LETTERS_URL" for name in DEAD_LETTERS]
    for variable in variables:
        os.environ[variable] = aws.client("sqs").create_queue(QueueName=f"bench-{variable}")["QueueUrl"]
    place = {"LocationConstraint": REGION}
    aws.client("s3").create_bucket(Bucket=os.environ["ARCHIVE_BUCKET"], CreateBucketConfiguration=place)
    os.environ["SECOND_FACTOR_KEY_ID"] = aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    signing = aws.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    os.environ["AUDIT_KEY_ID"] = signing["KeyMetadata"]["KeyId"]
    aws.client("events").create_event_bus(Name=os.environ["EVENT_BUS_NAME"])
    aws.client("sesv2").create_email_identity(EmailIdentity=os.environ["MAIL_FROM"])


def _environment(url: str, tables_url: str, daraja: StubDaraja, stripe: StubStripe, issuer: Issuer) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_DYNAMODB": tables_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
        "DARAJA_BASE_URL": daraja.stand.url,
        "DARAJA_SHORTCODE": "174379",
        "DARAJA_SECRET_ID": "bench/daraja",
        "STRIPE_API_BASE": stripe.stand.url,
        "STRIPE_SECRET_ID": "bench/stripe",
        "CARRIER_SECRET_ID": "bench/carrier",
        "PUBLIC_BASE_URL": "https://api.shop.example",
        "STATUS_LIMIT_PER_MINUTE": "1000000",
        "VOUCHER_CHECKS_PER_MINUTE": "1000000",
        "PROMPTS_PER_PHONE_PER_HOUR": "1000000",
        "IDENTITY_PROVIDERS": identity.configured(issuer),
        "EVENT_BUS_NAME": "bench",
        "ARCHIVE_BUCKET": "bench-archive",
        "MAIL_FROM": "orders@shop.example",
        "STOREFRONT_URL": "https://shop.example",
        "POWERTOOLS_SERVICE_NAME": "salama",
        "POWERTOOLS_TRACE_DISABLED": "1",
        "LOG_LEVEL": "INFO",
    }
