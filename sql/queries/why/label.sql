-- The label of the example: as logged, as corrected, and where today's is from; one row.
SELECT b.logged AS logged_label, b.corrected AS corrected_label,
       CASE WHEN s.label IS NOT NULL AND s.from_id IS NOT NULL THEN 'annotators of a copy'
            WHEN s.label IS NOT NULL THEN 'annotators'
            WHEN b.corrected IS NOT NULL THEN 'feedback' WHEN b.logged IS NOT NULL THEN 'log' END AS label_by
FROM base_labels b
LEFT JOIN settled s ON s.example_id = b.interaction_id
WHERE b.interaction_id = $id
