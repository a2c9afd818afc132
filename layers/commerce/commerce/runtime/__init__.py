"""What a function needs to run: settings, wiring, HTTP, observability."""

import logging
from typing import Any

from commerce.kernel.context import current

# At DEBUG these would write whole requests: phone numbers, addresses, M-Pesa's references.
for _library in ("botocore", "pynamodb", "urllib3", "httpcore"):
    logging.getLogger(_library).setLevel(logging.INFO)
# At INFO it writes every address in full, and Stripe's hold the names of intents and charges.
logging.getLogger("httpx").setLevel(logging.WARNING)


def _correlated(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """Make a log record that bears the correlation id of the work at hand: in every function, whichever its logger."""
    record = logging.LogRecord(*args, **kwargs)
    correlation_id = current().correlation_id
    if correlation_id is not None:
        record.correlation_id = correlation_id
    return record


logging.setLogRecordFactory(_correlated)
