"""Finds the payment providers: each is a folder under `providers`, known by its `registration` module alone.

Adding one touches nothing here: a folder whose registration has CAPABILITIES, `configured` and `build` is found.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from commerce.kernel.clock import Clock
from commerce.payments.port import Capabilities, PaymentProvider
from commerce.payments.watched_provider import Observe, WatchedProvider

if TYPE_CHECKING:
    from commerce.kernel.tables import Database

FOLDERS = "commerce.payments.providers"


@dataclass(frozen=True, slots=True)
class ProviderContext:
    """What a provider is built from.

    Parameters
    ----------
    environment
        The function's settings; each provider reads its own.
    secret
        Returns the members of a secret by its id.
    observe
        Takes note of every call of a provider; None where nobody watches.
    """

    environment: Mapping[str, str]
    database: Database
    clock: Clock
    secret: Callable[[str], Mapping[str, str]]
    observe: Observe | None = None


class Registration(Protocol):
    """What a provider's `registration` module holds. Importing it loads no SDK and opens nothing."""

    CAPABILITIES: Capabilities

    def configured(self, environment: Mapping[str, str]) -> bool:
        """Tell whether this deployment uses the provider."""
        ...

    def build(self, context: ProviderContext) -> PaymentProvider:
        """Make the provider."""
        ...


class Providers(Mapping[str, PaymentProvider]):
    """The providers by payment method, each built when it is first used: a card order never loads M-Pesa.

    Parameters
    ----------
    offers
        What each method can do; known without building anything.
    build
        Makes the provider of a method.
    """

    def __init__(self, offers: Mapping[str, Capabilities], build: Callable[[str], PaymentProvider]) -> None:
        self.offers = offers
        self._build = build
        self._built: dict[str, PaymentProvider] = {}

    @classmethod
    def ready(cls, built: Mapping[str, PaymentProvider]) -> Providers:
        """Return providers that exist already."""
        return cls({method: provider.capabilities for method, provider in built.items()}, built.__getitem__)

    def __getitem__(self, method: str) -> PaymentProvider:
        if method not in self.offers:
            raise KeyError(method)
        if method not in self._built:
            self._built[method] = self._build(method)
        return self._built[method]

    def __iter__(self) -> Iterator[str]:
        return iter(self.offers)

    def __len__(self) -> int:
        return len(self.offers)


def registered(environment: Mapping[str, str]) -> dict[str, Registration]:
    """Return the registrations of the providers that this deployment uses, by payment method."""
    found: dict[str, Registration] = {}
    package = import_module(FOLDERS)
    for folder in sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.ispkg):
        registration: Registration = import_module(f"{FOLDERS}.{folder}.registration")
        if registration.configured(environment):
            found.update(dict.fromkeys(sorted(registration.CAPABILITIES.methods), registration))
    return found


def providers(context: ProviderContext) -> Providers:
    """Return the providers that this deployment uses, watched."""
    found = registered(context.environment)
    offers = {method: registration.CAPABILITIES for method, registration in found.items()}

    def build(method: str) -> PaymentProvider:
        provider = found[method].build(context)
        return WatchedProvider(provider, context.observe) if context.observe else provider

    return Providers(offers, build)
