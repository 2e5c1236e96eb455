"""The input of each example: what leaks, duplicates and clusters are judged by."""
