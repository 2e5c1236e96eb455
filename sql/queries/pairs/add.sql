-- Adds the pairs that a touched example is in; one row per pair and method. Of many rated answers to
-- one prompt only the best and the worst meet; of prompts that are nearly the same, fewer.
INSERT INTO pairs
WITH near_prompts AS (
    SELECT unnest([a, b]) AS one, unnest([b, a]) AS other, similarity
    FROM input_pairs
    WHERE similarity >= $near AND difference IS NULL
),
asked AS (
    SELECT prompt_hash FROM pair_answers WHERE example_id IN (SELECT example_id FROM touched)
    UNION
    SELECT theirs.prompt_hash
    FROM pair_answers mine
    JOIN near_prompts n ON n.one = mine.input_hash
    JOIN pair_answers theirs ON theirs.input_hash = n.other AND theirs.history_hash = mine.history_hash
    WHERE mine.example_id IN (SELECT example_id FROM touched)
),
rated AS (
    SELECT *, row_number() OVER (PARTITION BY prompt_hash ORDER BY rating DESC, example_id) AS from_top,
           row_number() OVER (PARTITION BY prompt_hash ORDER BY rating, example_id) AS from_bottom
    FROM (
        SELECT DISTINCT ON (prompt_hash, answer_hash, logged_hash, rating) *
        FROM pair_answers
        WHERE rating IS NOT NULL AND prompt_hash IN (SELECT prompt_hash FROM asked)
        ORDER BY prompt_hash, answer_hash, logged_hash, rating, example_id
    )
),
found AS (
    SELECT b.example_id AS chosen_id, w.example_id AS rejected_id,
           CASE WHEN b.source = w.source AND b.document = w.document THEN 'output' ELSE 'rating' END AS method,
           (b.rating - w.rating) / 4 AS margin, 1 AS similarity
    FROM rated b
    JOIN rated w ON w.prompt_hash = b.prompt_hash AND w.rating < b.rating
    WHERE b.from_top <= $most AND w.from_bottom <= $most
    UNION ALL
    SELECT b.example_id, w.example_id, 'rating', (b.rating - w.rating) / 4, n.similarity
    FROM rated b
    JOIN near_prompts n ON n.one = b.input_hash
    JOIN rated w ON w.input_hash = n.other AND w.history_hash = b.history_hash AND w.rating < b.rating
    WHERE b.from_top <= $most_near AND w.from_bottom <= $most_near
    UNION ALL
    SELECT b.example_id, w.example_id, 'rank', NULL, 1
    FROM pair_answers b
    JOIN pair_answers w ON w.prompt_hash = b.prompt_hash AND w.source = b.source AND b.rank < w.rank
        AND w.group_key IS NOT DISTINCT FROM b.group_key
    WHERE b.example_id IN (SELECT example_id FROM touched)
    UNION ALL
    SELECT b.example_id, w.example_id, 'imported', NULL, 1
    FROM pair_answers b
    JOIN pair_answers w ON w.source = b.source AND w.document = b.document
    WHERE b.preference = 'chosen' AND w.preference = 'rejected'
    UNION ALL
    SELECT example_id, example_id, 'correction', NULL, 1 FROM pair_answers WHERE corrected
    UNION ALL
    SELECT b.example_id, w.example_id, 'annotation', NULL, 1
    FROM settled_pairs s
    JOIN pair_answers b ON b.example_id = s.preferred
    JOIN pair_answers w ON w.example_id = CASE WHEN b.example_id = s.example_id THEN s.other_id ELSE s.example_id END
)
SELECT substr(sha256(concat_ws('|', method, chosen_id, rejected_id)), 1, 32) AS pair_id, chosen_id,
       rejected_id, method, margin, similarity
FROM found
WHERE chosen_id IN (SELECT example_id FROM touched) OR rejected_id IN (SELECT example_id FROM touched)
ORDER BY pair_id
