"""Encryption of single fields, and hashes by which an encrypted value is still found."""

import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def encrypt(text: str) -> str:
    """Under the first of FIELD_KEYS; every earlier key still decrypts."""
    return _fernet(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Raises `cryptography.fernet.InvalidToken` when none of FIELD_KEYS fits."""
    return _fernet(tuple(settings.FIELD_KEYS)).decrypt(token.encode()).decode()


def keyed_hash(value: str) -> str:
    """HMAC-SHA256 in hex. Its key comes from the last of FIELD_KEYS, so a new key put in front keeps look-ups."""
    return hmac.new(_hash_key(settings.FIELD_KEYS[-1]), value.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


@lru_cache(maxsize=4)
def _hash_key(field_key: str) -> bytes:
    return hmac.new(field_key.encode(), b"fengchao keyed hash", hashlib.sha256).digest()
