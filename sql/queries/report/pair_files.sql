-- In a project of preferences an example is in a file where a pair that has it is (tables pair_verdicts and
-- report_examples).
UPDATE report_examples SET file = (
    SELECT min(side) FROM pair_verdicts
    WHERE reason IS NULL AND side IN ('train', 'test') AND report_examples.example_id IN (chosen_id, rejected_id)
)
