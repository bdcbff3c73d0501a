"""The control: a minimal Django project that hands out gifts as a short tutorial would, with the ORM's row locks.

Django's defaults, DRF and knox, a database of its own, no ticket, no scope, no idempotency, no audit, no double entry.
It is measured beside the platform and belongs to nothing else.
"""
