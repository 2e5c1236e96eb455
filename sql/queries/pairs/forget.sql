-- Forgets the pairs that are made anew.
DELETE FROM pairs
WHERE chosen_id IN (SELECT example_id FROM touched) OR rejected_id IN (SELECT example_id FROM touched)
