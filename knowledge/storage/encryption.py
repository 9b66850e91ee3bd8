"""Sealing what is kept of people for a while: readable with the installation's secret only."""

import base64
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from knowledge.errors import SealBroken

#: Bytes of a key.
_KEY: Final = 32


class Cipher:
    """Seals and opens bytes under one secret, for one purpose: each purpose has its own key."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        info = f"tathabbat: {purpose}".encode()
        derived = HKDF(algorithm=SHA256(), length=_KEY, salt=None, info=info).derive(secret)
        self._cipher = Fernet(base64.urlsafe_b64encode(derived))

    def close(self, content: bytes) -> bytes:
        """Return ``content`` sealed."""
        return self._cipher.encrypt(content)

    def open(self, sealed: bytes) -> bytes:
        """Return what was sealed. Raises SealBroken if it was under another secret."""
        try:
            return self._cipher.decrypt(sealed)
        except InvalidToken:
            raise SealBroken(
                "this was encrypted with another SECRET_KEY; restore that key to read it"
            ) from None
