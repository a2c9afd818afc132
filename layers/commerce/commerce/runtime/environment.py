"""Settings of what must start light (webhooks, queues, relay): typed and checked like `settings`, without pydantic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

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
        Known addresses; with none, everybody is known.
    """

    mode: str
    sources: frozenset[str]

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Read CALLBACK_SOURCE_MODE and CALLBACK_SOURCES.

        Raises
        ------
        SettingsError
            When the mode is none of `SOURCE_MODES`.
        """
        mode = environment.get("CALLBACK_SOURCE_MODE", "alert")
        if mode not in SOURCE_MODES:
            raise SettingsError("settings: CALLBACK_SOURCE_MODE is log, alert or enforce")
        named = environment.get("CALLBACK_SOURCES", "").split(",")
        return cls(mode, frozenset(part.strip() for part in named if part.strip()))
