"""In which street something stands, for lists of many rows: the tree's upper part is read once."""

from accounts.models import Organisation

KINDS = (Organisation.Kind.STREET, Organisation.Kind.ZONE)
UNKNOWN = "区直属"


class Streets:
    """Streets and zones of the district, found by the path of what lies in them."""

    def __init__(self) -> None:
        self.all = list(Organisation.objects.filter(kind__in=KINDS).order_by("path"))
        self._names = {street.path: street.name for street in self.all}

    def name(self, path: str) -> str:
        """Of the street that `path` is or lies in; what hangs directly at the district has none."""
        steps = range(len(path), 0, -Organisation.steplen)
        return next((self._names[path[:step]] for step in steps if path[:step] in self._names), UNKNOWN)
