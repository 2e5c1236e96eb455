-- Contradictions: one input, or two near-duplicate ones, with several labels under one template, or
-- one example with ratings far apart; one row per example and kind. Score is the share of its group with the same
-- label (a half for near-duplicates), or how near the ratings are (low is bad); suggested is the
-- label of more than half of the group; evidence is another member that says otherwise.
CREATE OR REPLACE TEMP TABLE issues AS
WITH said AS (SELECT * FROM today_examples WHERE NOT empty_input),
several_labels AS (
    SELECT input_hash, template FROM said GROUP BY ALL HAVING min(label) <> max(label)
),
labels AS (
    SELECT example_id, label, input_hash, template,
           count(*) OVER (PARTITION BY input_hash, template, label)
               / count(*) OVER (PARTITION BY input_hash, template) AS score,
           first(label) OVER up AS low, first(example_id) OVER up AS of_low,
           first(label) OVER down AS high, first(example_id) OVER down AS of_high
    FROM said s
    SEMI JOIN several_labels m ON m.input_hash = s.input_hash AND m.template IS NOT DISTINCT FROM s.template
    WHERE label IS NOT NULL
    WINDOW up AS (PARTITION BY input_hash, template ORDER BY label, example_id),
           down AS (PARTITION BY input_hash, template ORDER BY label DESC, example_id)
),
same_input AS (
    SELECT example_id, 'contradictory_label' AS kind, score, label AS given,
           nullif(max(label) FILTER (score > 0.5) OVER (PARTITION BY input_hash, template), label) AS suggested,
           CASE WHEN label = low THEN of_high ELSE of_low END AS evidence
    FROM labels
),
near_input AS (
    SELECT mine.example_id, 'contradictory_label' AS kind, 0.5 AS score, mine.label AS given,
           NULL AS suggested, min(theirs.example_id) AS evidence
    FROM (SELECT a, b, similarity FROM input_pairs WHERE difference IS NULL
          UNION ALL SELECT b, a, similarity FROM input_pairs WHERE difference IS NULL) p
    JOIN said mine ON mine.input_hash = p.a
    JOIN said theirs ON theirs.input_hash = p.b AND theirs.label <> mine.label
        AND theirs.template IS NOT DISTINCT FROM mine.template
    WHERE p.similarity >= $near AND mine.example_id NOT IN (SELECT example_id FROM same_input)
    GROUP BY ALL
),
several_ratings AS (
    SELECT example_hash FROM said GROUP BY example_hash HAVING max(human_rating) - min(human_rating) >= 2
),
ratings_apart AS (
    SELECT example_id, human_rating,
           first(human_rating) OVER up AS low, first(example_id) OVER up AS of_low,
           first(human_rating) OVER down AS high, first(example_id) OVER down AS of_high
    FROM said SEMI JOIN several_ratings USING (example_hash)
    WHERE human_rating IS NOT NULL
    WINDOW up AS (PARTITION BY example_hash ORDER BY human_rating, example_id),
           down AS (PARTITION BY example_hash ORDER BY human_rating DESC, example_id)
)
FROM same_input
UNION ALL FROM near_input
UNION ALL
SELECT example_id, 'contradictory_rating', 1 - (high - low) / 4, human_rating::VARCHAR, NULL,
       CASE WHEN human_rating - low < high - human_rating THEN of_high ELSE of_low END
FROM ratings_apart
