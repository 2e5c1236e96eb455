-- The label of each interaction before annotators say otherwise; one row per interaction.
CREATE OR REPLACE VIEW base_labels AS
SELECT interaction_id,
       CASE WHEN multi_label THEN label_set(coalesce(said, as_logged)) ELSE coalesce(said, as_logged) END AS label,
       said AS corrected, CASE WHEN multi_label THEN label_set(as_logged) ELSE as_logged END AS logged
FROM (
    SELECT i.interaction_id, l.value AS said, p.multi_label, CASE
               WHEN p.label_from = 'column' THEN i.label
               WHEN p.label_from = 'response' THEN trim(i.response)
               WHEN json_valid(i.response) THEN json_extract_string(i.response, p.label_from)
           END AS as_logged
    FROM interactions i
    CROSS JOIN (SELECT coalesce(max(value->>'$.label_from'), 'column') AS label_from,
                       coalesce(max((value->>'$.multi_label')::BOOLEAN), false) AS multi_label
                FROM settings WHERE name = 'project') p
    LEFT JOIN corrections l ON l.interaction_id = i.interaction_id AND l.kind = 'label'
);
COMMENT ON VIEW base_labels IS 'The label of each interaction before annotators say otherwise: corrected, or as logged.';
COMMENT ON COLUMN base_labels.logged IS 'Before corrections, too.';
