"""Verdicts: which examples are in, and why the others are out, under today's settings."""
