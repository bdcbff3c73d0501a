"""The courier's pages of this app, by subject."""
