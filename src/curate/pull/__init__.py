"""Logs into the store, from files and databases."""
