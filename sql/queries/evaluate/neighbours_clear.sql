-- Forgets the neighbours of what earlier models failed.
DELETE FROM failure_neighbours
