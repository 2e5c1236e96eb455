-- The project in counts; one row.
SELECT (SELECT count(*) FROM interactions) AS interactions,
       (SELECT count(DISTINCT conversation_id) FROM examples) AS conversations,
       (SELECT count(*) FROM ratings SEMI JOIN interactions USING (interaction_id)) AS rated,
       (SELECT count(*) FROM rejects) AS rejects,
       (SELECT count(*) FROM feedback ANTI JOIN interactions USING (interaction_id)) AS unmatched_feedback,
       (SELECT count(*) FROM examples e LEFT JOIN filter_checked c USING (example_id)
        WHERE c.revision IS DISTINCT FROM e.revision) AS unchecked,
       (SELECT count(*) FROM verdicts WHERE reason IS NULL AND side = 'train') AS train,
       (SELECT count(*) FROM verdicts WHERE reason IS NULL AND side = 'test') AS test,
       (SELECT count(*) FROM verdicts WHERE pending) AS pending
