"""The pages of a handling unit. They never say who reported."""
