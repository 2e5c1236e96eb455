-- Inputs, and what is known of them; one row per input. Its label is the one that most of its
-- kept train examples have (null unless the work is about labels); settled, that it is an example of how
-- things are; covered, that nobody need ask for it; wanted, that a label or a rating would bring it in; kept,
-- that it is in the next version, on either side.
CREATE OR REPLACE TEMP TABLE known_inputs AS
WITH mine AS (
    SELECT x.input_hash, e.example_id, e.label, v.reason, v.side,
           v.reason IS NULL AND v.side = 'train' AND ($about <> 'label' OR coalesce(trim(e.label), '') <> '') AS settled,
           v.side = 'train' AND coalesce(list_contains($lacks, v.reason), false) AND e.example_id NOT IN (
               SELECT example_id FROM excluded
               WHERE judges = 'input' OR $about = 'label' AND reason NOT IN ('no_label', 'unknown_label')) AS lacking
    FROM verdicts v
    JOIN examples e USING (example_id)
    JOIN example_inputs x USING (example_id)
    WHERE v.side IN ('train', 'test') AND NOT v.exposed
),
labels AS (
    SELECT input_hash, label FROM mine WHERE settled AND $about = 'label'
    GROUP BY input_hash, label
    QUALIFY row_number() OVER (PARTITION BY input_hash ORDER BY count(*) DESC, label) = 1
),
asked AS (SELECT DISTINCT example_id FROM asked_tasks WHERE kind = $kind)
SELECT m.input_hash, any_value(l.label) AS label, bool_or(m.settled) AS settled,
       bool_or(m.settled OR coalesce(m.reason = 'low_rating', false) AND m.side = 'train'
               OR a.example_id IS NOT NULL) AS covered,
       bool_or(m.lacking) AS wanted, bool_or(m.reason IS NULL) AS kept
FROM mine m
LEFT JOIN labels l USING (input_hash)
LEFT JOIN asked a USING (example_id)
GROUP BY m.input_hash
HAVING bool_or(m.settled OR m.lacking OR m.reason IS NULL OR a.example_id IS NOT NULL)
