from points.services.earning import earn
from points.services.grants import grant
from points.services.standing import Expiring, Standing, expiring, standing, statement

__all__ = ["Expiring", "Standing", "earn", "expiring", "grant", "standing", "statement"]
