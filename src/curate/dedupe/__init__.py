"""Duplicates: exact, near and semantic, and the pairs of inputs they rest on."""
