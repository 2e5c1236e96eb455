"""Readers of bodies: what requests, responses and messages say in the shapes of each API."""
