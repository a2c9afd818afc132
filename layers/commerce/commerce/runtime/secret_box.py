"""Secrets in rows are encrypted by KMS, each bound to whose it is: another's row cannot be put in its place."""

from __future__ import annotations

from typing import Any

from commerce.runtime.aws import client


class KmsBox:
    """Locks secrets by a key of KMS.

    Parameters
    ----------
    key
        The key's id, ARN or alias.
    """

    def __init__(self, key: str) -> None:
        self._key = key

    def lock(self, secret: str, subject: str) -> bytes:
        """Encrypt a secret of a subject.

        Raises
        ------
        botocore.exceptions.ClientError
            When KMS refuses or cannot be reached.
        """
        answer: dict[str, Any] = client("kms").encrypt(
            KeyId=self._key, Plaintext=secret.encode(), EncryptionContext={"subject": subject}
        )
        locked: bytes = answer["CiphertextBlob"]
        return locked

    def unlock(self, locked: bytes, subject: str) -> str:
        """Decrypt a secret of the same subject.

        Raises
        ------
        botocore.exceptions.ClientError
            When it is another's, or KMS refuses or cannot be reached.
        """
        answer: dict[str, Any] = client("kms").decrypt(
            KeyId=self._key, CiphertextBlob=locked, EncryptionContext={"subject": subject}
        )
        plain: bytes = answer["Plaintext"]
        return plain.decode()
