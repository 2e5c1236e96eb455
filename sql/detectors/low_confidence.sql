-- Labels that the model is not sure of.
-- serves: labels
-- place: 7
-- prior: 1 of 10
SELECT example_id, score, suggested FROM suspects WHERE tier = 'possible'
