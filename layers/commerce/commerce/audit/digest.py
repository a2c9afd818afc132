"""The digest of a day: what the archive held of it, bound to the day before, and signed. Pure but for the key."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, Protocol, Self

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, ValidationError

ALGORITHM = "ECDSA_SHA_256"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Segment(_Record):
    """One object of the archive: SHA-256 of its bytes in hexadecimal, and how many events it holds."""

    key: str
    sha256: str
    events: int

    @classmethod
    def of(cls, key: str, body: bytes) -> Self:
        """Describe an object."""
        return cls(key=key, sha256=hashlib.sha256(body).hexdigest(), events=body.count(b"\n"))


class DayDigest(_Record):
    """What a day's events were, as it was signed the night after.

    Parameters
    ----------
    previous
        Digest of the day before, in hexadecimal; None on the first day of all.
    segments
        The day's, oldest first.
    late
        Segments of the day before that were written after its digest.
    digest
        SHA-256 over all the above, in hexadecimal.
    signature
        Base 64 of the key's signature over the digest.
    """

    day: str
    previous: str | None
    segments: tuple[Segment, ...]
    late: tuple[Segment, ...]
    digest: str
    key_id: str
    algorithm: str
    signature: str

    @property
    def events(self) -> int:
        """How many events it vouches for."""
        return sum(segment.events for segment in (*self.segments, *self.late))

    def computed(self) -> str:
        """Return the digest that what it says comes to."""
        return digest_of(self.day, self.previous, self.segments, self.late)


class Key(Protocol):
    """Signs digests, or says whether it did."""

    @property
    def key_id(self) -> str:
        """Return the key's name."""
        ...

    def sign(self, digest: str) -> str:
        """Return the signature over a digest."""
        ...

    def verify(self, digest: str, signature: str) -> bool:
        """Tell whether the signature over a digest is this key's."""
        ...


class AuditKey:
    """A signing key of KMS: it never leaves it, and only one function may sign with it.

    Parameters
    ----------
    client
        botocore's client of KMS.
    """

    def __init__(self, client: Any, key_id: str) -> None:
        self._client = client
        self.key_id = key_id

    def sign(self, digest: str) -> str:
        """Return the signature over a digest, in base 64."""
        answer = self._client.sign(
            KeyId=self.key_id, Message=bytes.fromhex(digest), MessageType="DIGEST", SigningAlgorithm=ALGORITHM
        )
        return base64.b64encode(answer["Signature"]).decode()

    def verify(self, digest: str, signature: str) -> bool:
        """Tell whether the signature over a digest is this key's."""
        try:
            given = base64.b64decode(signature, validate=True)
            answer = self._client.verify(
                KeyId=self.key_id,
                Message=bytes.fromhex(digest),
                MessageType="DIGEST",
                Signature=given,
                SigningAlgorithm=ALGORITHM,
            )
        except ValueError:
            return False
        except ClientError as error:
            if error.response["Error"]["Code"] == "KMSInvalidSignatureException":
                return False
            raise
        return bool(answer["SignatureValid"])


def read_digest(body: bytes) -> DayDigest | None:
    """Read a digest, or return None when it is none."""
    try:
        return DayDigest.model_validate_json(body)
    except ValidationError:
        return None


def digest_of(day: str, previous: str | None, segments: tuple[Segment, ...], late: tuple[Segment, ...]) -> str:
    """Return the digest of a day: SHA-256 over a JSON array of all that it vouches for, in hexadecimal."""
    listed = [[[each.key, each.sha256, each.events] for each in some] for some in (segments, late)]
    return hashlib.sha256(json.dumps([day, previous, *listed], separators=(",", ":")).encode()).hexdigest()


def sign_day(
    day: str, previous: str | None, segments: tuple[Segment, ...], late: tuple[Segment, ...], key: Key
) -> DayDigest:
    """Sign for a day."""
    digest = digest_of(day, previous, segments, late)
    return DayDigest(
        day=day,
        previous=previous,
        segments=segments,
        late=late,
        digest=digest,
        key_id=key.key_id,
        algorithm=ALGORITHM,
        signature=key.sign(digest),
    )
