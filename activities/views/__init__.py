"""Pages of couriers."""
