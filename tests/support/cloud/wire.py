"""The wire to an engine: calls of DynamoDB in its own protocol, at a tenth of what botocore spends on each."""

from __future__ import annotations

import base64
import json
import socket
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError


class Wire:
    """One connection to an engine of this machine, kept open. It takes anybody's signature."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self._socket = socket.create_connection((str(where.hostname), where.port or 80), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")
        self._head = (
            f"POST / HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Type: application/x-amz-json-1.0\r\n"
            "Authorization: AWS4-HMAC-SHA256 Credential=test/20261122/af-south-1/dynamodb/aws4_request, "
            "SignedHeaders=host;x-amz-date, Signature=00\r\nX-Amz-Date: 20261122T090000Z\r\n"
        )

    def call(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        """Make a call; return its answer as botocore would.

        Raises
        ------
        botocore.exceptions.ClientError
            When the engine refuses.
        """
        body = json.dumps(given, default=_in_base64).encode()
        head = f"{self._head}X-Amz-Target: DynamoDB_20120810.{operation}\r\nContent-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode() + body)
        status, content = self._answer()
        if status < 300:
            return content
        code = str(content.pop("__type", "")).rpartition("#")[2]
        told = content.get("message", content.get("Message", ""))
        raise ClientError({**content, "Error": {"Code": code, "Message": told}}, operation)  # type: ignore[typeddict-item]

    def _answer(self) -> tuple[int, dict[str, Any]]:
        status, length = int(self._answers.readline().split()[1]), 0
        while (line := self._answers.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        content: dict[str, Any] = json.loads(self._answers.read(length), object_hook=_with_bytes)
        return status, content


@cache
def wire(url: str) -> Wire:
    """Return this process's wire to an engine."""
    return Wire(url)


def _in_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _with_bytes(found: dict[str, Any]) -> dict[str, Any]:
    """Return an attribute's value as botocore hands it over: binary as bytes."""
    text = found.get("B")
    return {"B": base64.b64decode(text)} if len(found) == 1 and isinstance(text, str) else found
