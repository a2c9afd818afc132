"""Who is known at the door on this machine: the two frontends, and a service to try things with."""

from __future__ import annotations

from typing import Any

#: The name of the secret that the template is told of.
DOOR_SECRET = "salama/door"
#: What the shop front sends (storefront/config.js), and the staff page (sandbox/staff/js/api.js).
WEB_KEY, STAFF_KEY = "local-shop-front-key", "local-staff-page-key"
#: With these docs/services.md shows how a service calls.
ERP_KEY, ERP_SIGNS_WITH = "local-erp-service-key", "local-erp-signing-text"
#: Enough for fifty buyers who watch their orders at ten times the pace.
PER_MINUTE = 60_000


def door_keys(base_url: str) -> dict[str, Any]:
    """Return the secret's members for a stack at this address, also where it is called localhost."""
    origins = [base_url, base_url.replace("127.0.0.1", "localhost")]
    return {
        "clients": {
            "web": {"keys": [WEB_KEY], "origins": origins, "per_minute": PER_MINUTE},
            "staff": {"keys": [STAFF_KEY], "origins": origins, "per_minute": PER_MINUTE},
        },
        "services": {"erp": {"keys": [ERP_KEY], "signing_secrets": [ERP_SIGNS_WITH], "roles": ["vendor"]}},
    }
