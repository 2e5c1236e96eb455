-- Has what a merge reads and writes leave memory again: of a log of any size, the same part is held.
SET memory_limit = '500MiB'
