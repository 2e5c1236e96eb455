-- Remembers how a source is read.
INSERT OR REPLACE INTO pull_state VALUES ($source, $kind, $mapping)
