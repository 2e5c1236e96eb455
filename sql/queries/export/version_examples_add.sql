-- Freezes what became of every example in a version (an Arrow table registered as frozen).
INSERT INTO version_examples BY NAME SELECT $name AS name, $version AS version, * FROM frozen
