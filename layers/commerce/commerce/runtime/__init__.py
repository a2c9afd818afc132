"""What a function needs to run: settings, wiring, HTTP, observability."""

import logging

# At DEBUG these would write whole requests: phone numbers, addresses, M-Pesa's references.
for _library in ("botocore", "pynamodb", "urllib3", "httpx", "httpcore"):
    logging.getLogger(_library).setLevel(logging.INFO)
