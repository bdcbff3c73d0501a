"""The counter's pages of this app, by subject."""
