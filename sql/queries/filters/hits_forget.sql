-- Removes what the rules on content hit in the examples that are judged anew.
DELETE FROM filter_hits WHERE example_id IN (SELECT example_id FROM candidates)
