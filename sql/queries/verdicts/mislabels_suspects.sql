-- Labels under suspicion today, by the labels of like inputs (tier likely or possible) or by a human
-- rating of 2 or lower (rating); one row per example. Low scores are bad; a rating of 1 counts 0.1, a
-- rating of 2 counts 0.2, and where both speak, the product counts. What a human labelled stands.
CREATE OR REPLACE TEMP TABLE suspects AS
WITH project AS (
    SELECT max(value->>'$.task') AS task, max((value->'$.labels')::VARCHAR[]) AS known_labels
    FROM settings WHERE name = 'project'
),
low AS (
    SELECT interaction_id AS example_id, human_rating
    FROM ratings CROSS JOIN project WHERE human_rating <= 2 AND task = 'classification'
),
suspected AS (SELECT example_id FROM mislabels UNION SELECT example_id FROM low)
SELECT e.example_id, e.source_id, v.side, v.reason AS out, e.label AS given, coalesce(e.query, '') AS text,
       m.suggested, coalesce(m.score, 1) * coalesce(r.human_rating / 10, 1) AS score, m.score AS model_score,
       m.probability, m.given_probability, coalesce(m.tier, 'rated') AS tier, r.human_rating AS rating,
       coalesce(m.nearest, []) AS nearest, coalesce(m.like_given, []) AS like_given,
       coalesce(m.like_suggested, []) AS like_suggested, m.similarity
FROM suspected
JOIN examples e USING (example_id)
JOIN verdicts v USING (example_id)
LEFT JOIN mislabels m ON m.example_id = e.example_id AND m.given = e.label
LEFT JOIN low r ON r.example_id = e.example_id
CROSS JOIN project
WHERE trim(e.label) <> '' AND v.side IN ('train', 'test') AND NOT v.exposed
  AND (m.example_id IS NOT NULL OR r.human_rating IS NOT NULL)
  AND (known_labels IS NULL OR list_has_all(known_labels, e.label_names))
  AND e.example_id NOT IN (SELECT example_id FROM hand_labels)
