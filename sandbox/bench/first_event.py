"""What a cold worker's first event adds to its import: AWS clients, and the provider of the order's own method."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor

from sandbox.bench.cold_start import MILLION, Interpreter
from sandbox.bench.report import Section, tell

#: Functions that take whichever method the order has.
ANY_METHOD = ("start_checkout", "verify_payment")
WEBHOOKS = ("receive_stk_callback", "receive_stripe_event")
#: What an order of each method must do without: the other providers' code, and an SDK or HTTP client of theirs.
FORBIDDEN = {
    "mpesa": ("stripe", "commerce.payments.providers.stripe.client"),
    "card": ("commerce.payments.providers.daraja.client", "commerce.payments.providers.daraja.provider"),
    "credit": (
        "stripe", "httpx",
        "commerce.payments.providers.stripe.client", "commerce.payments.providers.daraja.client",
    ),
}  # fmt: skip
#: What belongs to a provider; the import alone must leave all of it out.
WATCHED = (
    "stripe", "httpx", "requests",
    "commerce.payments.providers.stripe.client", "commerce.payments.providers.daraja.client",
)  # fmt: skip
#: Nothing listens there: what a first payment imports late is imported, and it fails before a byte is sent.
NOWHERE = "http://127.0.0.1:9"

_SETTINGS = {
    "DARAJA_BASE_URL": NOWHERE,
    "DARAJA_SHORTCODE": "174379",
    "DARAJA_SECRET_ID": "bench/daraja",
    "STRIPE_API_BASE": NOWHERE,
    "STRIPE_SECRET_ID": "bench/stripe",
    "ORDERS_TABLE": "orders",
    "GUARDS_TABLE": "guards",
}
_SECRET = dict.fromkeys(
    (
        "consumer_key", "consumer_secret", "passkey", "initiator_name", "security_credential", "callback_key",
        "secret_key", "publishable_key",
    ),
    "benchmark",
)  # fmt: skip
_SECRETS = "aws.client('secretsmanager')"
_WORKER = f"from commerce.runtime import aws, wiring; wiring.database().connection.client; {_SECRETS}"
_WEBHOOK = f"from commerce.runtime import aws; aws.client('sqs'); {_SECRETS}"
_PROVIDER = (
    "from commerce.payments.registry import ProviderContext, providers;"
    "context = ProviderContext(os.environ, wiring.database(), wiring.clock(), lambda _: {secret});"
    "provider = providers(context)['{method}']"
)
#: A card's first call makes the SDK's client and loads the services it uses.
_CARD_CALL = (
    "from commerce.kernel.money import Currency, Money; from commerce.payments.port import StartRequest;"
    "amount = Money(10_000, Currency.KES);"
    "provider.start(StartRequest('7K2M9QX4TD', 1, amount, 'https://a.example', 'Order', None, 'a@b.c'))"
)


def first_event(python: Interpreter) -> Section:
    """Measure it, and name what is loaded that should not be."""
    section = Section("First event of a cold worker")
    section.notes = [
        "The import, AWS's clients without their connections, and the provider of the order's method; for a card its "
        "first call too, up to the connection.",
        "Cards use httpx as well as the SDK: it carries the SDK's requests, for which the SDK has no time-outs.",
    ]
    if shutil.which("valgrind"):
        _instructions(section, python)
    else:
        section.missing.append("instructions: valgrind is not installed")
    _loaded(section, python)
    return section


def _instructions(section: Section, python: Interpreter) -> None:
    tell("counting the instructions of first events")
    statements = {f"{function}": f"import functions.{function}.app; {_WEBHOOK}" for function in WEBHOOKS}
    statements |= {
        f"{function}, {method}": statement(function, method) for function in ANY_METHOD for method in FORBIDDEN
    }
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        bare = python.instructions("pass") / MILLION
        counted = list(pool.map(python.instructions, statements.values()))
    table = section.table("Import, clients and provider", "function, order", "M instructions")
    for name, count in zip(statements, counted, strict=True):
        table.add(name, round(count / MILLION - bare))


def _loaded(section: Section, python: Interpreter) -> None:
    table = section.table("What is loaded", "function", "order", "of the providers'", "forbidden among it")
    for function in ANY_METHOD:
        loaded = python.modules(f"import functions.{function}.app")
        table.add(function, "none yet", _named(WATCHED, loaded), _named(WATCHED, loaded))
        for method, forbidden in FORBIDDEN.items():
            loaded = python.modules(statement(function, method))
            table.add(function, method, _named(WATCHED, loaded), _named(forbidden, loaded))


def _named(names: tuple[str, ...], loaded: frozenset[str]) -> str:
    return ", ".join(name.removeprefix("commerce.payments.providers.") for name in names if name in loaded) or "none"


def statement(function: str, method: str) -> str:
    """Return what a cold worker runs for the first order of a method."""
    parts = [
        f"import os; os.environ.update({_SETTINGS!r}); import functions.{function}.app",
        _WORKER,
        _PROVIDER.format(secret=_SECRET, method=method),
    ]
    return "; ".join([*parts, _CARD_CALL] if method == "card" else parts)
