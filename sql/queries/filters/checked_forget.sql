-- Removes the marks of examples that are judged anew.
DELETE FROM filter_checked WHERE example_id IN (SELECT example_id FROM candidates)
