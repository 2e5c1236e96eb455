"""Checks of training files, anybody's."""
