"""Lists and actions of the district staff."""
