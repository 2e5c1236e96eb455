-- Contradictions: one input with several labels, or one example with ratings far apart; one row
-- per example. Score is the share of its group that agrees with it (low is bad).
CREATE OR REPLACE TEMP TABLE issues AS
WITH said AS (
    SELECT e.example_id, x.input_hash, x.example_hash, e.label, r.human_rating
    FROM examples e
    JOIN example_inputs x USING (example_id)
    JOIN inputs i USING (input_hash)
    LEFT JOIN ratings r ON r.interaction_id = e.example_id
    WHERE i.text <> ''
),
labels AS (
    SELECT example_id, 'contradictory_label' AS kind, label AS given,
           count(*) OVER (PARTITION BY input_hash, label) / count(*) OVER (PARTITION BY input_hash) AS score,
           mode(label) OVER (PARTITION BY input_hash) AS suggested,
           min(example_id) OVER (PARTITION BY input_hash) AS evidence,
           min(label) OVER (PARTITION BY input_hash) <> max(label) OVER (PARTITION BY input_hash) AS differs
    FROM said WHERE label IS NOT NULL
),
ratings_apart AS (
    SELECT example_id, 'contradictory_rating' AS kind, human_rating::VARCHAR AS given,
           1 - (max(human_rating) OVER same - min(human_rating) OVER same) / 4 AS score,
           NULL AS suggested, min(example_id) OVER same AS evidence,
           max(human_rating) OVER same - min(human_rating) OVER same >= 2 AS differs
    FROM said WHERE human_rating IS NOT NULL
    WINDOW same AS (PARTITION BY example_hash)
)
SELECT example_id, kind, score, given, nullif(suggested, given) AS suggested, evidence FROM labels WHERE differs
UNION ALL
SELECT example_id, kind, score, given, suggested, evidence FROM ratings_apart WHERE differs
