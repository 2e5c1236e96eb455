"""The round trip to annotators."""
