"""How Django finds the person behind credentials."""

from allauth.account.auth_backends import AuthenticationBackend


class PhoneBackend(AuthenticationBackend):
    """Number and password, for staff. A session that an SMS code opened names it too, only to be read back."""

    def has_perm(self, *args: object, **kwargs: object) -> bool:
        return False  # rights live in rules.py
