"""Model fields of our own."""

from typing import Any

from django.core.exceptions import FieldError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from fengchao.core import crypto


class EncryptedTextField(models.TextField):
    """Text that is encrypted at rest. It cannot be searched: keep a `keyed_hash` beside it for look-ups."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return crypto.encrypt(value) if isinstance(value, str) else value

    def from_db_value(self, value: str | None, expression: Any, connection: BaseDatabaseWrapper) -> str | None:
        return None if value is None else crypto.decrypt(value)

    def get_lookup(self, lookup_name: str) -> Any:
        # Every encryption of a value differs, so a comparison would quietly find nothing.
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted and cannot be compared; look its keyed hash up instead.")
        return super().get_lookup(lookup_name)
