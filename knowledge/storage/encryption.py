"""Encrypt what is kept of people for a while: only the installation's secret reads it."""

import base64
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from knowledge.errors import DecryptionFailed

#: Bytes of a key.
_KEY: Final = 32


class Cipher:
    """Encrypts bytes with a key derived from one secret for one purpose (Fernet, HKDF-SHA256)."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        info = f"tathabbat: {purpose}".encode()
        derived = HKDF(algorithm=SHA256(), length=_KEY, salt=None, info=info).derive(secret)
        self._cipher = Fernet(base64.urlsafe_b64encode(derived))

    def encrypt(self, content: bytes) -> bytes:
        """Return ``content`` encrypted."""
        return self._cipher.encrypt(content)

    def decrypt(self, encrypted: bytes) -> bytes:
        """Return the content. Raises DecryptionFailed if another secret encrypted it."""
        try:
            return self._cipher.decrypt(encrypted)
        except InvalidToken:
            raise DecryptionFailed(
                "this was encrypted with another SECRET_KEY; restore that key to read it"
            ) from None
