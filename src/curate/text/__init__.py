"""Texts: what counts as the same one, how labels and numbers are written, what is shown."""
