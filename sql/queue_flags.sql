-- What speaks for asking a human about an example, under today's verdicts; one row per example and
-- detector. Places order the detectors: what has to be asked first, then what pays most. Scores order the
-- examples of one detector, low first.
CREATE OR REPLACE TEMP TABLE flags AS
WITH thin AS (
    SELECT m.cluster_id, any_value(c.name) AS name, count(*) AS production,
           count(*) FILTER (v.reason IS NULL AND v.side = 'train') AS train
    FROM cluster_members m
    JOIN clusters c USING (cluster_id)
    JOIN example_inputs x USING (input_hash)
    JOIN verdicts v USING (example_id)
    GROUP BY m.cluster_id
    HAVING train < $thin_train AND production >= $thin_share * (SELECT count(*) FROM verdicts)
),
raters AS (
    SELECT interaction_id AS example_id, 4 * (max(rating_norm) - min(rating_norm)) AS apart
    FROM feedback
    WHERE kind = 'rating' AND rating_norm IS NOT NULL AND rater_type IN ('human_user', 'human_expert')
    GROUP BY interaction_id
)
SELECT v.example_id, 'held_out' AS detector, 0 AS place, 0::DOUBLE AS score,
       'held out, and waits for a good answer' AS why, NULL::VARCHAR AS suggested
FROM verdicts v WHERE v.pending AND ($kind <> 'relabel' OR v.reason = 'no_label')
UNION ALL
SELECT d.example_id, 'annotators', 1, 0,
       'annotators disagree: ' || string_agg(DISTINCT coalesce(d.value, d.kind), ' or '), NULL
FROM current_decisions d
WHERE NOT d.stale AND d.about <> 'rate'
  AND (d.example_id, d.about) NOT IN (
      SELECT (example_id, about)
      FROM (SELECT example_id, unnest([
                CASE WHEN verdict IS NOT NULL OR label IS NOT NULL THEN 'verdict' END,
                CASE WHEN correction IS NOT NULL THEN 'correct' END,
                CASE WHEN preferred IS NOT NULL THEN 'prefer' END,
                CASE WHEN spans IS NOT NULL THEN 'spans' END]) AS about FROM settled WHERE from_id IS NULL)
      WHERE about IS NOT NULL)
GROUP BY d.example_id, d.about
UNION ALL
SELECT d.example_id, 'stale', 1, 0, 'its content has changed since it was answered', NULL
FROM current_decisions d GROUP BY d.example_id HAVING bool_and(d.stale)
UNION ALL
SELECT example_id, 'near_decision', 2, 1 - max(similarity),
       'the label of a near-duplicate was changed from this one', NULL
FROM (
    SELECT x.example_id, p.similarity
    FROM settled d
    JOIN tasks t ON t.example_id = d.example_id AND t.kind = 'relabel'
    JOIN example_inputs i ON i.example_id = d.example_id
    JOIN (SELECT a, b, similarity, difference FROM input_pairs
          UNION ALL SELECT b, a, similarity, difference FROM input_pairs) p ON p.a = i.input_hash
    JOIN example_inputs x ON x.input_hash = p.b
    JOIN base_labels b ON b.interaction_id = x.example_id AND b.label = t.label_seen
    WHERE d.from_id IS NULL AND d.label <> t.label_seen AND p.difference IS NULL AND p.similarity >= $near
)
WHERE example_id NOT IN (SELECT example_id FROM hand_labels)
GROUP BY example_id
UNION ALL
SELECT example_id, CASE WHEN tier = 'possible' THEN 'low_confidence' ELSE 'mislabel' END,
       CASE WHEN tier = 'possible' THEN 5 ELSE 3 END, score, '', suggested
FROM suspects
UNION ALL
SELECT example_id, 'contradiction', 4, min(score),
       CASE any_value(kind) WHEN 'contradictory_label' THEN 'another copy of the input has another label'
                            ELSE 'another copy of it was rated two or more apart' END, max(suggested)
FROM issues WHERE kind IN ('contradictory_label', 'contradictory_rating')
GROUP BY example_id
UNION ALL
SELECT r.example_id, 'raters', 4, 1 - apart / 5, 'raters disagree by ' || round(apart, 1) || ' of 5', NULL
FROM raters r JOIN verdicts v USING (example_id) WHERE apart >= 2
UNION ALL
SELECT v.example_id, 'low_rating', 6, r.human_rating,
       'rated ' || round(r.human_rating, 1) || ' of 5: worth a better answer', NULL
FROM verdicts v JOIN ratings r ON r.interaction_id = v.example_id
WHERE v.reason = 'low_rating' AND v.side = 'train'
UNION ALL
SELECT v.example_id, 'no_label', 6, 0, 'it has no label', NULL
FROM verdicts v WHERE v.reason = 'no_label' AND v.side = 'train'
UNION ALL
SELECT v.example_id, 'thin_cluster', 7, t.train / t.production,
       'train has ' || t.train || ' of ' || t.production || ' examples about "' || t.name || '"', NULL
FROM thin t
JOIN cluster_members m USING (cluster_id)
JOIN example_inputs x USING (input_hash)
JOIN verdicts v USING (example_id)
WHERE v.side = 'train' AND v.reason IN ('unrated', 'low_rating', 'no_label')
UNION ALL
SELECT v.example_id, 'outlier', 8, m.similarity, 'unlike anything else that is asked', NULL
FROM cluster_members m
JOIN example_inputs x USING (input_hash)
JOIN verdicts v USING (example_id)
WHERE v.reason IS NULL
QUALIFY row_number() OVER (ORDER BY m.similarity, v.example_id) <= $outlier_share * count(*) OVER ()
UNION ALL
SELECT example_id, 'unrated', 9, (md5_number_lower(example_id) % 1000000)::DOUBLE / 1000000, 'nobody has rated it', NULL
FROM verdicts WHERE reason = 'unrated' AND side = 'train'
