"""The rules of deeds, events, what organisations share, and visits to outlets."""
