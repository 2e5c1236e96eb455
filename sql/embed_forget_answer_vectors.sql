-- Removes all rows that rest on the vectors of another encoder.
DELETE FROM answer_vectors
