-- The label of each interaction before annotators say otherwise; one row per interaction.
CREATE OR REPLACE VIEW base_labels AS
SELECT interaction_id, CASE WHEN multi_label THEN label_set(said) ELSE said END AS label, corrected
FROM (
    SELECT i.interaction_id, l.value AS corrected, p.multi_label,
           coalesce(l.value, CASE
               WHEN p.label_from = 'column' THEN i.label
               WHEN p.label_from = 'response' THEN trim(i.response)
               WHEN json_valid(i.response) THEN json_extract_string(i.response, p.label_from)
           END) AS said
    FROM interactions i
    CROSS JOIN (SELECT coalesce(max(value->>'$.label_from'), 'column') AS label_from,
                       coalesce(max((value->>'$.multi_label')::BOOLEAN), false) AS multi_label
                FROM settings WHERE name = 'project') p
    LEFT JOIN corrections l ON l.interaction_id = i.interaction_id AND l.kind = 'label'
);
COMMENT ON VIEW base_labels IS 'The label of each interaction before annotators say otherwise: corrected, or as logged.';
