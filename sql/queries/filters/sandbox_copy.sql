-- The user's copy of the examples to judge.
CREATE TABLE candidates AS SELECT * FROM copy
