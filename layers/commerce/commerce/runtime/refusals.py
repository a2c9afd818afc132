"""Refusals as security events: whoever answers one tells of it here, and only then. Light: webhooks tell too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from commerce.kernel.errors import ShopError
from commerce.runtime.problems import Invalid, security_kind, slug_of
from commerce.runtime.security import tell

#: Members that are named. A stranger may call a member as they like, a phone number among it; the shop's own are these.
_MEMBER = re.compile(r"[A-Za-z]+([_.-][A-Za-z]+|\.\d{1,3})*")
_MOST_MEMBERS = 10


def tell_refusal(error: Exception, event: Mapping[str, Any] | None, *, who: str | None = None) -> None:
    """Put a refusal on record, where it is one that a security event is made of.

    What the client is told of it is not on record: it may quote the request. An error's `reason` is, and its `who` and
    `subject`, where it has them: they are written by the shop.
    """
    kind = security_kind(error)
    if kind is None:
        return
    reason = getattr(error, "reason", None)
    detail = ": ".join(part for part in (slug_of(error), str(reason) if reason else _members(error)) if part)
    tell(kind, detail, event, who=getattr(error, "who", None) or who, subject=getattr(error, "subject", None))


def _members(error: Exception) -> str:
    named: list[str] = []
    if isinstance(error, Invalid):
        named = [fault["field"] for fault in error.errors[:_MOST_MEMBERS]]
    elif isinstance(error, ShopError) and error.field is not None:
        named = [error.field]
    return ", ".join(name if len(name) <= 80 and _MEMBER.fullmatch(name) else "a member" for name in named)
