"""Versions: what is in one, and the files it is written to."""
