-- Labels under suspicion today, by the labels of like inputs (tier likely or possible) or by a human
-- rating of 2 or lower (rating); one row per example. Low scores are bad; a rating of 1 counts 0.1, a
-- rating of 2 counts 0.2, and where both speak, the product counts. What a human labelled stands.
-- Contested says who disagrees about the label: annotators, raters or copies. Of copies with several labels those
-- of the others stand against it only where they outvote it beyond chance (score test of a half, 95%).
CREATE OR REPLACE TEMP TABLE suspects AS
WITH project AS (
    SELECT max(value->>'$.task') AS task, max((value->'$.labels')::VARCHAR[]) AS known_labels
    FROM settings WHERE name = 'project'
),
low AS (
    SELECT interaction_id AS example_id, human_rating
    FROM ratings CROSS JOIN project WHERE human_rating <= 2 AND task = 'classification'
),
suspected AS (SELECT example_id FROM mislabels UNION SELECT example_id FROM low),
annotators AS (
    SELECT example_id FROM current_decisions
    WHERE about = 'verdict' AND NOT stale AND example_id IN (FROM suspected)
    GROUP BY example_id HAVING count(DISTINCT coalesce(value, kind)) > 1
),
raters AS (
    SELECT example_id FROM disputed_labels
    UNION
    SELECT f.interaction_id FROM feedback f CROSS JOIN project p
    WHERE p.task = 'classification' AND f.interaction_id IN (FROM suspected)
      AND f.kind = 'rating' AND f.rating_norm IS NOT NULL AND f.rater_type IN ('human_user', 'human_expert')
    GROUP BY f.interaction_id HAVING 4 * (max(f.rating_norm) - min(f.rating_norm)) >= 2
),
votes AS (
    SELECT x.input_hash, x.template, e.label, count(*) AS mine,
           sum(count(*)) OVER (PARTITION BY x.input_hash, x.template) AS copies
    FROM example_inputs x
    JOIN examples e ON e.example_id = x.example_id AND e.revision = x.revision
    WHERE trim(e.label) <> '' AND x.input_hash IN (
        SELECT i.input_hash FROM example_inputs i JOIN inputs USING (input_hash)
        WHERE i.example_id IN (FROM suspected) AND inputs.text <> '')
    GROUP BY x.input_hash, x.template, e.label
),
copies AS (
    SELECT x.example_id, v.label
    FROM example_inputs x
    JOIN votes v ON v.input_hash = x.input_hash AND v.template IS NOT DISTINCT FROM x.template
    WHERE v.mine < v.copies AND NOT (2 * v.mine < v.copies AND (v.copies - 2 * v.mine) ** 2 > 3.84 * v.copies)
      -- Where a human labelled a copy, the text has been judged.
      AND x.input_hash NOT IN (SELECT input_hash FROM hand_labels JOIN example_inputs USING (example_id))
)
SELECT e.example_id, e.source_id, v.side, v.reason AS out, e.label AS given, coalesce(e.query, '') AS text,
       m.suggested, coalesce(m.score, 1) * coalesce(r.human_rating / 10, 1) AS score, m.score AS model_score,
       m.probability, m.given_probability, coalesce(m.tier, 'rated') AS tier, r.human_rating AS rating,
       coalesce(m.nearest, []) AS nearest, coalesce(m.like_given, []) AS like_given,
       coalesce(m.like_suggested, []) AS like_suggested, m.similarity,
       CASE WHEN e.example_id IN (FROM annotators) THEN 'annotators' WHEN e.example_id IN (FROM raters) THEN 'raters'
            WHEN c.example_id IS NOT NULL THEN 'copies' END AS contested
FROM suspected
JOIN examples e USING (example_id)
JOIN verdicts v USING (example_id)
LEFT JOIN mislabels m ON m.example_id = e.example_id AND m.given = e.label
LEFT JOIN low r ON r.example_id = e.example_id
LEFT JOIN copies c ON c.example_id = e.example_id AND c.label = e.label
CROSS JOIN project
WHERE trim(e.label) <> '' AND v.side IN ('train', 'test') AND NOT v.exposed
  AND (m.example_id IS NOT NULL OR r.human_rating IS NOT NULL)
  AND (known_labels IS NULL OR list_has_all(known_labels, e.label_names))
  AND e.example_id NOT IN (SELECT example_id FROM hand_labels)
