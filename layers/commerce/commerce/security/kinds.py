"""What a security event can be, and how much of it is told. Light: the webhooks import it."""

from __future__ import annotations

from enum import StrEnum

#: Characters of each member that are told and kept; what a stranger sends may be longer.
LONGEST_DETAIL = 500
LONGEST_NAME = 200
#: Characters of a body that are kept when it could not be read: no honest callback is longer.
LONGEST_BODY = 16 * 1024


class SecurityKind(StrEnum):
    """What happened. The names are stable: alarms and people look for them."""

    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a name, no token
    CLIENT_REFUSED = "client_refused"
    SERVICE_REFUSED = "service_refused"
    SIGNATURE_REFUSED = "signature_refused"
    REPLAY_REFUSED = "replay_refused"
    PERMISSION_REFUSED = "permission_refused"
    SECOND_FACTOR_REFUSED = "second_factor_refused"
    SECOND_FACTOR_CHANGED = "second_factor_changed"
    CALLBACK_FORGED = "callback_forged"
    CALLBACK_SOURCE = "callback_source"
    CALLBACK_UNREADABLE = "callback_unreadable"
    BODY_TOO_LARGE = "body_too_large"
    REQUEST_MALFORMED = "request_malformed"
    REQUEST_INVALID = "request_invalid"
    LOOKUP_MISSED = "lookup_missed"
    LIMIT_REACHED = "limit_reached"
    KEY_REUSED = "key_reused"
    STAFF_ACTED = "staff_acted"
    AUDIT_BROKEN = "audit_broken"
