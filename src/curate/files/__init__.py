"""Log files on disk and in buckets."""
