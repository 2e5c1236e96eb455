-- Adds the labels under suspicion (temporary table suspects) to the issues; one row per example and
-- kind. Evidence is the nearest example with the suggested label, or the rating.
INSERT INTO issues
SELECT example_id, CASE WHEN contested IS NULL THEN 'mislabel' ELSE 'contested_label' END, model_score, given,
       suggested, coalesce(like_suggested[1], nearest[1], example_id)
FROM suspects WHERE tier <> 'rated'
UNION ALL
SELECT example_id, 'rated_wrong', rating / 10, given, suggested, 'rated ' || round(rating, 2) || ' of 5'
FROM suspects WHERE rating IS NOT NULL
