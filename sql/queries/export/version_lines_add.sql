-- Records the lines of a version that are not one example each (an Arrow table registered as others).
INSERT INTO version_lines BY NAME SELECT $name AS name, $version AS version, * FROM others
