"""The courier's pages of his check-up cards."""
