"""A security event: as a function tells it, and as it is kept. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from commerce.kernel.errors import InvalidRequest, NotFound
from commerce.security.kinds import LONGEST_BODY, LONGEST_DETAIL, LONGEST_NAME, SecurityKind

#: How long a body that could not be read is kept: it is a stranger's text, and may hold what belongs to a person.
QUARANTINE = timedelta(days=30)
#: Form of an event's id: its moment to the microsecond in UTC, then its message's id.
EVENT_ID = r"\d{8}T\d{12}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ID = re.compile(EVENT_ID, re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]


class SecurityFact(BaseModel):
    """What one message of the queue tells.

    Parameters
    ----------
    at
        When it happened, Unix seconds.
    who
        The subject of a verified token, or the name of a service.
    subject
        What it was about, as ``order/<number>``.
    suppressed
        How many of the kind the same process left out before.
    body
        A body that could not be read; it is kept apart from the rest, and not for as long.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    kind: SecurityKind
    at: Annotated[float, Field(ge=1_577_836_800, lt=32_503_680_000, allow_inf_nan=False)]
    detail: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_DETAIL)]
    who: Name | None = None
    subject: Name | None = None
    route: Name | None = None
    source: Name | None = None
    request: Name | None = None
    suppressed: Annotated[int, Field(ge=1)] | None = None
    correlation_id: Name | None = None
    body: Annotated[str, StringConstraints(max_length=LONGEST_BODY)] | None = None
    body_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None

    @property
    def happened_at(self) -> datetime:
        """When it happened, in UTC."""
        return datetime.fromtimestamp(self.at, UTC)

    def id(self, message: str) -> str:
        """Return the event's id: its moment, and the message that told it. The same however often that comes.

        Raises
        ------
        ValueError
            When the message has no id as SQS gives them.
        """
        name = f"{self.happened_at:%Y%m%dT%H%M%S%f}-{message}"
        if not _ID.fullmatch(name):
            raise ValueError("no message id")
        return name


def day_of(event_id: str) -> date:
    """Return the day in which an event is kept.

    Raises
    ------
    NotFound
        When no event has an id like this.
    """
    try:
        if not _ID.fullmatch(event_id):
            raise ValueError
        return datetime.strptime(event_id[:8], "%Y%m%d").date()
    except ValueError:
        raise NotFound("There is no such event.") from None


def read_day(text: str) -> date:
    """Read a day that somebody asks for.

    Raises
    ------
    InvalidRequest
        Naming ``day``.
    """
    try:
        if not _DAY.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidRequest("Write the day as 2026-11-22.", field="day") from None
