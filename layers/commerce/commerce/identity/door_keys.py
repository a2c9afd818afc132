"""The keys of the door: which frontends and services there are, and by which keys they are known. Pure, and light."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Self, TypeVar

from commerce.identity.permissions import Role

#: Characters of the shortest key or signing secret: what can be guessed opens nothing.
SHORTEST_KEY = 16


@dataclass(frozen=True, slots=True)
class Client:
    """A frontend that is known by its key: the shop front, the staff page, an app.

    Its key is in every copy of it, so it is no secret: it tells frontends apart, and lets one be stopped.

    Parameters
    ----------
    keys
        Newest first; all are taken, so that one can replace another.
    origins
        Where its pages come from, as browsers say it (``https://shop.example``).
    per_minute
        Requests that all its users together may send in a minute.
    """

    name: str
    keys: tuple[bytes, ...] = field(repr=False)
    origins: frozenset[str]
    per_minute: int


@dataclass(frozen=True, slots=True)
class Service:
    """A program that calls for itself, known by its key; what it changes it signs.

    Parameters
    ----------
    keys, signing_secrets
        Newest first; all are taken, so that one can replace another.
    roles
        What it is to the shop, as of people.
    """

    name: str
    keys: tuple[bytes, ...] = field(repr=False)
    signing_secrets: tuple[str, ...] = field(repr=False)
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class DoorKeys:
    """Everybody who is known at the door."""

    clients: tuple[Client, ...] = ()
    services: tuple[Service, ...] = ()

    @classmethod
    def read(cls, secret: Mapping[str, Any]) -> Self:
        """Read the secret that DoorSecretId names.

        Raises
        ------
        ValueError
            Naming the member that is missing or wrong, or that holds what another one does; never a value.
        """
        clients, services = _members(secret, "clients"), _members(secret, "services")
        known = cls(
            tuple(_client(name, _entry(f"clients.{name}", told)) for name, told in clients.items()),
            tuple(_service(name, _entry(f"services.{name}", told)) for name, told in services.items()),
        )
        known._check_that_each_is_one_thing()
        return known

    def _check_that_each_is_one_thing(self) -> None:
        """Refuse what stands for two: a frontend's key is public, and a service's comes with each of its requests."""
        uses: dict[bytes, list[str]] = {}
        for service in self.services:
            _note(uses, f"services.{service.name}.keys", service.keys)
            _note(uses, f"services.{service.name}.signing_secrets", map(_digest, service.signing_secrets))
        for client in self.clients:
            _note(uses, f"clients.{client.name}.keys", client.keys)
        for places in uses.values():
            if len(places) > 1:
                raise ValueError(f"{places[-1]} holds what stands for something else too: {places[0]}")

    def client_of(self, key: str) -> Client | None:
        """Return whose key this is; None for a key of nobody."""
        return _owner(self.clients, key)

    def service_of(self, key: str) -> Service | None:
        """Return whose key this is; None for a key of nobody."""
        return _owner(self.services, key)


def _note(uses: dict[bytes, list[str]], where: str, digests: Iterable[bytes]) -> None:
    for digest in set(digests):
        uses.setdefault(digest, []).append(where)


T = TypeVar("T", Client, Service)


def _owner(known: Sequence[T], key: str) -> T | None:
    """Find who a key belongs to. All are compared, whichever fits, so that the time tells nothing of any."""
    given, found = _digest(key), None
    for one in known:
        fits = [hmac.compare_digest(given, right) for right in one.keys]
        if any(fits):
            found = one
    return found


def _digest(key: str) -> bytes:
    # Headers can hold what is no text that can be encoded.
    return sha256(key.encode(errors="replace")).digest()


def _client(name: str, told: Mapping[str, Any]) -> Client:
    where, per_minute = f"clients.{name}", told.get("per_minute")
    if not isinstance(per_minute, int) or isinstance(per_minute, bool) or per_minute < 1:
        raise ValueError(f"{where}.per_minute is no number of requests")
    keys = tuple(map(_digest, _texts(where, told, "keys", SHORTEST_KEY)))
    return Client(name, keys, frozenset(_texts(where, told, "origins", 1)), per_minute)


def _service(name: str, told: Mapping[str, Any]) -> Service:
    where, roles = f"services.{name}", _texts(f"services.{name}", told, "roles", 1)
    if not set(roles) <= set(Role):
        raise ValueError(f"{where}.roles names a role that there is not")
    keys = tuple(map(_digest, _texts(where, told, "keys", SHORTEST_KEY)))
    secrets = tuple(_texts(where, told, "signing_secrets", SHORTEST_KEY))
    return Service(name, keys, secrets, frozenset(map(Role, roles)))


def _members(secret: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    told = secret.get(name, {})
    if not isinstance(told, Mapping):
        raise ValueError(f"{name} is no object")
    return told


def _entry(where: str, told: object) -> Mapping[str, Any]:
    if not isinstance(told, Mapping):
        raise ValueError(f"{where} is no object")
    return told


def _texts(where: str, told: Mapping[str, Any], name: str, shortest: int) -> list[str]:
    found = told.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) and len(one) >= shortest for one in found):
        raise ValueError(f"{where}.{name} is no list of texts of at least {shortest} characters")
    return found
