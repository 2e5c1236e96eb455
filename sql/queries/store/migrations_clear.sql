-- Empties what a new database notes of its own making, before an older one's rows are copied.
DELETE FROM _migrations
