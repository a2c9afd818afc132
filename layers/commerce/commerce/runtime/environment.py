"""Settings of what must start light (webhooks, queues, relay): typed and checked like `settings`, without pydantic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Self

Network = IPv4Network | IPv6Network
SOURCE_MODES = ("log", "alert", "enforce")


class SettingsError(RuntimeError):
    """A function was deployed with missing or wrong settings; the message names them, never their values."""


def required(environment: Mapping[str, str], name: str) -> str:
    """Return a variable that must be there.

    Raises
    ------
    SettingsError
        When it is missing or empty.
    """
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"settings: {name} is missing")
    return value


@dataclass(frozen=True, slots=True)
class CallbackSettings:
    """Whom a webhook listens to: `log` and `alert` only tell of strangers, `enforce` turns them away.

    Parameters
    ----------
    sources
        Known addresses and ranges of them; with none, everybody is known.
    """

    mode: str
    sources: tuple[Network, ...]

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Read CALLBACK_SOURCE_MODE and CALLBACK_SOURCES.

        Raises
        ------
        SettingsError
            When the mode is none of `SOURCE_MODES`, or a source is neither an address nor a range of them.
        """
        mode = environment.get("CALLBACK_SOURCE_MODE", "alert")
        if mode not in SOURCE_MODES:
            raise SettingsError("settings: CALLBACK_SOURCE_MODE is log, alert or enforce")
        return cls(mode, _networks(environment.get("CALLBACK_SOURCES", "")))

    def knows(self, source: str) -> bool:
        """Tell whether an address is a known one. It is the one API Gateway saw: a header could say anything."""
        if not self.sources:
            return True
        try:
            address = ip_address(source)
        except ValueError:
            return False
        return any(address in network for network in self.sources)


@cache
def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    except ValueError:
        raise SettingsError("settings: CALLBACK_SOURCES holds what is no address and no range") from None
