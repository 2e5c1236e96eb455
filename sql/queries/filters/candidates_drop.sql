-- Removes the examples that were to be judged.
DROP TABLE candidates
