"""One DynamoDB connection for all tables, and models bound to the tables of this deployment."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from botocore.session import Session
from pynamodb.connection import Connection
from pynamodb.exceptions import PynamoDBException
from pynamodb.models import Model

from commerce.kernel.errors import TablesBusy

M = TypeVar("M", bound=Model)

READ_TIMEOUT_SECONDS = 3.0
CONNECT_TIMEOUT_SECONDS = 1.0
#: How often keys that DynamoDB left unprocessed are asked for.
MOST_ROUNDS = 5
#: The first pause before unprocessed keys is up to twice so long, each one after it up to twice the one before.
FIRST_PAUSE_SECONDS = 0.01


class Database:
    """The shop's tables, behind one shared client.

    Parameters
    ----------
    names
        The physical table name for each of the shop's own names of the template's tables: ``orders`` of
        ``OrdersTable``, ``vouchers`` of ``VouchersTable``, and so on.
    region, host
        Where DynamoDB is; None leaves it to the environment (``AWS_DEFAULT_REGION``, ``AWS_ENDPOINT_URL``).
    session
        The botocore session to make the client from; None makes one.
    pause
        Waits for so many seconds.

    PynamoDB's own time-outs (15 s and 30 s) outlast a Lambda's patience, so they are set here.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        *,
        region: str | None = None,
        host: str | None = None,
        session: Session | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._names = names
        self._pause = pause
        self._bound: dict[type[Model], type[Model]] = {}
        self.connection = Connection(
            region=region,
            host=host,
            read_timeout_seconds=READ_TIMEOUT_SECONDS,
            connect_timeout_seconds=CONNECT_TIMEOUT_SECONDS,
            max_retry_attempts=3,
            max_pool_connections=32,
        )
        if session is not None:
            self.connection._local.session = session

    def bind(self, model: type[M], table: str) -> type[M]:
        """Return `model` bound to the physical table that this deployment calls `table`.

        Raises
        ------
        KeyError
            When this function was not given that table.
        """
        known = self._bound.get(model)
        if known is None:
            meta = type("Meta", (), {"table_name": self._names[table], "region": self.connection.region})
            known = type(model.__name__, (model,), {"Meta": meta, "__module__": model.__module__})
            known._get_connection().connection._client = self.connection.client
            self._bound[model] = known
        return known  # type: ignore[return-value]

    def read_together(self, wanted: Iterable[tuple[type[Model], str, str | None]]) -> list[Model]:
        """Read items of several tables in one consistent BatchGetItem; what does not exist is left out.

        Keys that DynamoDB leaves unprocessed are asked for again, after growing pauses, until all are answered (at most
        five rounds): it leaves them because it throttles, and more requests at once would be throttled too.

        Raises
        ------
        TablesBusy
            When DynamoDB still leaves keys unprocessed after five rounds.
        """
        models: dict[tuple[str, str], type[Model]] = {}
        request: dict[str, dict[str, Any]] = {}
        for model, hash_key, range_key in wanted:
            table = model.Meta.table_name
            key = model.get_operation_kwargs_from_class(hash_key, range_key=range_key)["Key"]
            if (table, repr(key)) not in models:
                request.setdefault(table, {"Keys": [], "ConsistentRead": True})["Keys"].append(key)
            models[table, repr(key)] = model
        found: list[Model] = []
        rounds = 0
        while request:
            if rounds == MOST_ROUNDS:
                raise TablesBusy("DynamoDB left keys unread")
            if rounds:
                self._pause(random.uniform(0, FIRST_PAUSE_SECONDS * 2**rounds))  # noqa: S311  # nobody gains by guessing it
            rounds += 1
            answer = self.connection.dispatch("BatchGetItem", {"RequestItems": request})
            for (table, key_text), model in models.items():
                for row in answer["Responses"].get(table, ()):
                    if repr(_key_of(model, row)) == key_text:
                        found.append(model.from_raw_data(row))
            request = answer.get("UnprocessedKeys") or {}
        return found


def answered_code(error: PynamoDBException) -> str | None:
    """Return the code of DynamoDB's own answer; None when there was no answer, as after a time-out.

    PynamoDB's `cause_response_code` itself fails on a time-out: botocore's has a `response` that is None.
    """
    response = getattr(error.cause, "response", None)
    return response["Error"]["Code"] if response else None


def _key_of(model: type[Model], row: dict[str, Any]) -> dict[str, Any]:
    names = [name for name in (model._hash_keyname, model._range_keyname) if name]
    return {name: row[name] for name in names}
