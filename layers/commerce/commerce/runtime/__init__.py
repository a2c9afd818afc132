"""What a function needs to run: settings, wiring, HTTP, observability."""

import logging

# At DEBUG these would write whole requests: phone numbers, addresses, M-Pesa's references.
for _library in ("botocore", "pynamodb", "urllib3", "httpcore"):
    logging.getLogger(_library).setLevel(logging.INFO)
# At INFO it writes every address in full, and Stripe's hold the names of intents and charges.
logging.getLogger("httpx").setLevel(logging.WARNING)
