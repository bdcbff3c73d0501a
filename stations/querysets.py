"""Words for sets of stations."""

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from accounts.roles import COUNTER_STAFF, MANAGERS, READERS, Role
from accounts.scope import within
from fengchao.core.nearby import PlacedQuerySet
from stations.states import CorrectionState, Kind

if TYPE_CHECKING:
    from accounts.models import Courier, Organisation, User
    from stations.models import Facility


class StationQuerySet(PlacedQuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def in_scope(self, user: "User") -> Self:
        """Stations whose staff `user` is, or which he audits."""
        return self.filter(within(user, "organisation", *COUNTER_STAFF, Role.AUDITOR))

    def served_by(self, user: "User") -> Self:
        """Active stations at whose counter `user` may stand."""
        return self.active().filter(within(user, "organisation", *COUNTER_STAFF))

    def managed_by(self, user: "User") -> Self:
        """Active stations that `user` manages, in the district or a street."""
        return self.active().filter(within(user, "organisation", *MANAGERS))

    def search(self, words: str) -> Self:
        """Stations whose code, name or address holds every one of `words`; letters are also read as pinyin of the name,
        first letters (gasq) or syllables (gongan)."""
        found = self
        # Chinese keyboards type full-width letters and figures too.
        for word in unicodedata.normalize("NFKC", words).split():
            held = Q(name__icontains=word) | Q(address__icontains=word) | Q(code__icontains=word)
            if word.isascii() and word.isalnum():
                held |= Q(initials__contains=f" {word.lower()}")
            found = found.filter(held)
        return found

    def under(self, organisation: "Organisation") -> Self:
        """Stations of an organisation and of those below it: of a street, with its communities."""
        return self.filter(organisation__path__startswith=organisation.path)

    def graded(self, grade: int) -> Self:
        return self.filter(grade=grade)

    def with_facilities(self, facilities: Iterable["Facility"]) -> Self:
        """Stations that have all of these."""
        found = self
        for facility in facilities:
            found = found.filter(facilities=facility)
        return found


class ObservationQuerySet(models.QuerySet):
    def in_scope(self, user: "User") -> Self:
        return self.filter(within(user, "station__organisation", *COUNTER_STAFF, Role.AUDITOR))

    def corrections(self) -> Self:
        return self.filter(kind=Kind.CORRECTION)

    def pending(self) -> Self:
        return self.corrections().filter(state=CorrectionState.PENDING)

    def decidable_by(self, user: "User") -> Self:
        """Corrections that wait where `user` manages, never his own."""
        return self.pending().filter(within(user, "station__organisation", *MANAGERS)).exclude(by_id=user.pk)

    def live(self, at: datetime) -> Self:
        """What was said about facilities and still holds at `at`: from its moment up to the one before its end."""
        return self.filter(kind=Kind.FACILITY, at__lte=at, expires_at__gt=at)

    def newest_of_each(self) -> Self:
        """Of what is left the last word on each facility of each station."""
        return self.order_by("station_id", "facility_id", "-at", "-pk").distinct("station_id", "facility_id")


class CheckInsQuerySet(models.QuerySet):
    def in_scope(self, user: "User") -> Self:
        """Those at stations that `user` manages or audits."""
        return self.filter(within(user, "station__organisation", *READERS))


class VisitQuerySet(CheckInsQuerySet):
    def of_courier(self, courier: "Courier") -> Self:
        return self.filter(courier=courier)

    def between(self, first: date, last: date) -> Self:
        return self.filter(day__range=(first, last))

    def overlapping(self, at: datetime, until: datetime) -> Self:
        """Those that a check-in between `at` and `until` would belong to."""
        return self.filter(at__lt=until, until__gt=at)
