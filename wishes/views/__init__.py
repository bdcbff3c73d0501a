"""The courier's and the public's pages of wishes."""
