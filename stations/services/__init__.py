"""The rules of this app, by subject."""
