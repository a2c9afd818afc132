"""AWS clients and secrets, opened on first use. botocore alone: boto3 would only add to every cold start."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

#: How long a secret is kept in memory; one that was replaced is used after that at the latest.
SECRET_SECONDS = 300.0

#: What must not be sent again by itself when an answer is lost: an e-mail would come twice. The queue tries again.
_ONCE = frozenset({"sesv2"})
#: What takes longer to answer than three seconds by its nature, and how long it is waited for; it is asked once.
_SLOW = {"bedrock-runtime": 20}
_secrets: dict[str, tuple[float, dict[str, Any]]] = {}


@cache
def session() -> Session:
    """Return the one session of this process: each new one reads botocore's data anew."""
    return get_session()


@cache
def client(service: str) -> Any:
    """Return a client with time-outs that fit a function."""
    attempts = 1 if service in _ONCE or service in _SLOW else 3
    patience = _SLOW.get(service, 3)
    config = Config(
        connect_timeout=1, read_timeout=patience, retries={"mode": "standard", "total_max_attempts": attempts}
    )
    return session().create_client(service, config=config)


def secret(secret_id: str, *, oldest: float = SECRET_SECONDS) -> dict[str, Any]:
    """Return a secret of Secrets Manager, as it was at most `oldest` seconds ago.

    It is the same object until it is read anew.

    Raises
    ------
    botocore.exceptions.ClientError
        When the function may not read it or it does not exist.
    ValueError
        When it is no JSON object.
    """
    known = _secrets.get(secret_id)
    if known is None or time.monotonic() - known[0] > oldest:
        text = client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"]
        value = json.loads(text)
        if not isinstance(value, dict):
            raise ValueError("the secret is no JSON object")
        known = (time.monotonic(), value)
        _secrets[secret_id] = known
    return known[1]
