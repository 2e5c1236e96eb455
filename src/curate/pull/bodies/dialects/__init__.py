"""Dialects of bodies: one file each, which registers its readers with `registry.register`."""
