"""The demonstration: sample logs with planted problems, and what the whole path finds."""
