"""Exported versions: listed, verified, compared, sent."""
