"""Starts the shop on one machine, in order, and hands it back as one `Stack`."""

from __future__ import annotations

import json
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import httpx
from mypy_boto3_secretsmanager import SecretsManagerClient
from mypy_boto3_sesv2 import SESV2Client

from sandbox.carrier import CarrierOptions, Carriers, made_up_secrets
from sandbox.daraja import Daraja, DarajaOptions
from sandbox.identity import AUDIENCE, Issuer, identity_routes
from sandbox.seed import seed
from sandbox.stack.database import open_database
from sandbox.stack.deployment import Deployment, add_routes, deploy
from sandbox.stack.door import DOOR_SECRET, WEB_KEY, door_keys
from sandbox.stack.engine import Engine
from sandbox.stack.gateway import Gateway
from sandbox.stack.outbox import outbox_routes
from sandbox.stack.pages import docs_routes, page, sandbox_routes
from sandbox.stack.running import Stack
from sandbox.stack.schedule import Sweeper, disable_scheduled_rules
from sandbox.stack.server import Server, build_app, reserve
from sandbox.stack.site import site_routes, staff_routes
from sandbox.stack.template import MIN_TIMEOUT, Template
from sandbox.stripe import StripeOptions, StripeSimulator

ROOT = Path(__file__).resolve().parents[2]
SECRET = "salama/daraja"
STRIPE_SECRET = "salama/stripe"
CARRIER_SECRET = "salama/carriers"
MAIL_FROM = "orders@salama.test"


def _silent(line: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Settings:
    """How to start a stack."""

    port: int = 0
    """0 takes a free one."""
    speed: int = 1
    """Every duration of the shop and of the simulators is divided by it."""
    root: Path = ROOT
    """The project: template, functions, layer, shop front, sample data."""
    concurrency: int = 3
    """Invocations of one function at the same time; each is a process."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Template parameters, over those the stack sets itself."""
    seeded: bool = True
    """Put the sample products and their stock into the tables."""
    say: Callable[[str], None] = _silent
    """Where progress goes, a line at a time."""


def launch(settings: Settings) -> Stack:
    """Start everything; what was started is stopped again when a later step fails.

    Raises:
        BusyPort: someone else listens on the port.
        EngineError: the AWS emulator did not start.
        DeploymentError: the template did not deploy.
    """
    began = time.monotonic()
    with ExitStack() as undo:
        held = reserve(settings.port)
        undo.callback(held.close)
        port = int(held.getsockname()[1])
        state = _fresh_state(settings.root, port, began_empty=settings.port == 0, undo=undo)
        base_url = f"http://127.0.0.1:{port}"
        issuer = Issuer(f"{base_url}/sandbox/identity")

        engine = Engine(state)
        with _phase(settings.say, "AWS emulator"):
            undo.callback(engine.stop)
            engine.start()
        options = DarajaOptions(speed=settings.speed)
        stripe = StripeSimulator(StripeOptions(webhook_url=f"{base_url}/api/hooks/stripe", speed=settings.speed))
        carriers = Carriers(CarrierOptions(f"{base_url}/api/hooks/carriers", made_up_secrets(), speed=settings.speed))
        with _phase(settings.say, "template, functions, routes"):
            _create_secret(engine, options)
            _create_stripe_secret(engine, stripe.options)
            _create_carrier_secret(engine, carriers)
            _create_door_secret(engine, base_url)
            _create_sender(engine)
            template = Template.read(settings.root / "template.yaml")
            own = {
                **_parameters(base_url, options),
                "StatusLimitPerMinute": str(60 * settings.speed),
                "CheckoutsPerAddressPerMinute": str(60 * settings.speed),
                # One person plays all buyers here, and may have only one phone.
                "PromptsPerPhonePerHour": str(60 * settings.speed),
                "VoucherChecksPerMinute": str(10 * settings.speed),
            }
            parameters = template.parameters(settings.speed, {**own, **settings.parameters})
            deployment = deploy(engine, settings.root, template, parameters, speed=settings.speed)
            add_routes(engine, deployment)
        if settings.seeded:
            with _phase(settings.say, "sample products"):
                seed(open_database(engine, deployment))

        with _phase(settings.say, "server"):
            upstream = f"{engine.url}/_aws/execute-api/{deployment.api_id}/$default"
            patient = [replace(each, timeout_ms=max(each.timeout_ms, 1000 * MIN_TIMEOUT)) for each in template.routes()]
            gateway = Gateway(upstream, patient, settings.concurrency)
            daraja = Daraja(options)
            app = build_app(
                gateway,
                daraja,
                stripe,
                carriers,
                docs_routes(settings.root / "docs" / "openapi.json"),
                [
                    *outbox_routes(engine),
                    *identity_routes(issuer, page),
                    *sandbox_routes(),
                    *staff_routes(settings.root / "sandbox" / "staff"),
                    *site_routes(settings.root / "storefront", settings.root / "sandbox" / "sample" / "images"),
                ],
            )
            server = Server(app, held, state / "server.log")
            undo.callback(server.stop)
            server.start()
        sweeper = _schedule(engine, deployment, settings.speed, undo)
        stack = Stack(
            base_url,
            speed=settings.speed,
            engine=engine,
            deployment=deployment,
            daraja=daraja,
            issuer=issuer,
            sweeper=sweeper,
            undo=undo.pop_all(),
        )
    settings.say(f"ready after {time.monotonic() - began:.1f} s")
    threading.Thread(target=_warm, args=(stack,), daemon=True, name="warm").start()
    return stack


def _parameters(base_url: str, options: DarajaOptions) -> dict[str, str]:
    """The template's parameters on this machine; all others keep their defaults for development."""
    return {
        "Stage": "local",
        "StorefrontUrl": base_url,
        "AllowedOrigins": base_url,
        "PublicBaseUrl": f"{base_url}/api",
        "MailFrom": MAIL_FROM,
        "DarajaBaseUrl": f"{base_url}/daraja",
        "DarajaShortcode": options.shortcode,
        "DarajaPartyB": options.shortcode,
        "DarajaSecretId": SECRET,
        # Who calls back on this machine are the simulators.
        "CallbackSources": "127.0.0.1",
        "StripeSources": "127.0.0.1",
        "StripeApiBase": f"{base_url}/stripe",
        "StripeSecretId": STRIPE_SECRET,
        "CarrierSecretId": CARRIER_SECRET,
        "DoorSecretId": DOOR_SECRET,
        "IdentityProviders": json.dumps([{"issuer": f"{base_url}/sandbox/identity", "audience": [AUDIENCE]}]),
    }


def _create_secret(engine: Engine, options: DarajaOptions) -> None:
    """The secret an operator would create in AWS, with what the simulator knows."""
    manager: SecretsManagerClient = engine.client("secretsmanager")
    known = asdict(options)
    manager.create_secret(
        Name=SECRET,
        SecretString=json.dumps(
            {
                **{name: known[name] for name in ("consumer_key", "consumer_secret", "passkey", "security_credential")},
                "initiator_name": options.initiator,
                "callback_key": secrets.token_urlsafe(32),
            }
        ),
    )


def _create_stripe_secret(engine: Engine, options: StripeOptions) -> None:
    """The keys of the simulated account."""
    manager: SecretsManagerClient = engine.client("secretsmanager")
    manager.create_secret(Name=STRIPE_SECRET, SecretString=json.dumps(options.secret))


def _create_carrier_secret(engine: Engine, carriers: Carriers) -> None:
    """What the carriers sign their reports with."""
    manager: SecretsManagerClient = engine.client("secretsmanager")
    manager.create_secret(Name=CARRIER_SECRET, SecretString=json.dumps(dict(carriers.options.secrets)))


def _create_door_secret(engine: Engine, base_url: str) -> None:
    """The keys of the frontends that this machine serves."""
    manager: SecretsManagerClient = engine.client("secretsmanager")
    manager.create_secret(Name=DOOR_SECRET, SecretString=json.dumps(door_keys(base_url)))


def _create_sender(engine: Engine) -> None:
    ses: SESV2Client = engine.client("sesv2")
    ses.create_email_identity(EmailIdentity=MAIL_FROM)


def _schedule(engine: Engine, deployment: Deployment, speed: int, undo: ExitStack) -> Sweeper:
    """At the real pace the emulator's own scheduler runs the sweep and healing; at a higher speed we do."""
    sweeper, healer = (
        Sweeper(engine, deployment.function_target(deployment.functions[function]), minutes * 60 / speed)
        for function, minutes in (("expire_reservations", 1), ("heal_failures", 5))
    )
    if speed > 1:
        disable_scheduled_rules(engine.client("events"))
        for each in (sweeper, healer):
            undo.callback(each.stop)
            each.start()
    return sweeper


def _warm(stack: Stack) -> None:
    """Start a process of each function on a payment's way; what is refused here opens the stream of security events."""
    known = {"x-client-key": WEB_KEY}
    with (
        suppress(httpx.HTTPError),
        httpx.Client(base_url=stack.api_url, headers=known, timeout=30, trust_env=False) as client,
    ):
        client.post("/checkout", json={})
        client.get("/products", params={"limit": 1})
        client.post("/hooks/stk/none", json={})
        client.get("/orders/none", params={"email": "nobody@salama.test"})


def _fresh_state(root: Path, port: int, *, began_empty: bool, undo: ExitStack) -> Path:
    """An empty folder under `.local/`; a stack on a port of its own choice leaves nothing behind."""
    state = root / ".local" / f"stack-{port}"
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    undo.callback(shutil.rmtree, state if began_empty else state / "tmp", ignore_errors=True)
    return state


@contextmanager
def _phase(say: Callable[[str], None], name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    say(f"{name:<28} {time.monotonic() - began:5.1f} s")
