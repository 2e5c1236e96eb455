-- Adds a file of the pull under way.
INSERT INTO pull_files VALUES (?, ?, ?, ?)
