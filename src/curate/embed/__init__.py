"""Vectors of inputs, and the encoders that make them."""
