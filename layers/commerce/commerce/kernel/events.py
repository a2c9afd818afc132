"""What an event is: a fact in the past tense, written in the commit that made it true."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from commerce.kernel.clock import to_text


class EventData(BaseModel):
    """The facts of one kind of event; the class's name is the event's type.

    A function uses few of them, so each builds its checks when it is first used. Events hold no personal data: whoever
    needs the buyer's name or phone reads the order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, defer_build=True)

    types: ClassVar[dict[str, type[EventData]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register the type, so that its schema is documented and its readers can parse it."""
        super().__pydantic_init_subclass__(**kwargs)
        if not cls.__name__.startswith("_"):
            EventData.types[cls.__name__] = cls


class Event(BaseModel):
    """An event as it is stored, streamed and put on the bus.

    Parameters
    ----------
    subject
        What it is about: ``order/<number>``, ``sku/<sku>``, ``product/<slug>``.
    sequence
        Its place among the subject's events; text that sorts.
    at
        When, ISO 8601 UTC.
    hash
        SHA-256 over what it follows and itself, in hexadecimal (`commerce.audit.chain`); None before it is written, and
        of events from before there was a chain.
    prev
        The hash of the event that it follows; None where it follows none.
    correlation_id
        The click, message or schedule that it comes from.
    request
        The mark of the request that asked for it, where somebody did (`Context.request`); never on the bus.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: str
    type: str
    version: int = 1
    subject: str
    sequence: str
    at: str
    data: dict[str, Any]
    hash: str | None = None
    prev: str | None = None
    correlation_id: str | None = None
    request: str | None = None

    @classmethod
    def of(cls, data: EventData, *, subject: str, sequence: str, at: datetime | str) -> Self:
        """Make the event that states `data` of a subject."""
        return cls(
            id=f"{subject}/{sequence}",
            type=type(data).__name__,
            subject=subject,
            sequence=sequence,
            at=at if isinstance(at, str) else to_text(at),
            data=data.model_dump(mode="json", exclude_none=True),
        )
