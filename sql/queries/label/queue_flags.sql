-- What speaks for asking a human about an example, under today's verdicts; one row per example and
-- detector. Places order the detectors: up to 3 what has to be asked first, from 12 on what is asked last;
-- between them the budget is shared by what pays. Scores order the examples of one detector, low first. A
-- label or rating of a held-out example that something speaks against comes before anything of train.
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
),
labellers AS (
    SELECT f.interaction_id AS example_id, string_agg(DISTINCT f.value, ' or ' ORDER BY f.value) AS labels
    FROM feedback f
    JOIN corrections c ON c.interaction_id = f.interaction_id AND c.kind = 'label' AND c.rater_type = f.rater_type
    WHERE f.kind = 'label' AND f.interaction_id NOT IN (SELECT example_id FROM settled)
    GROUP BY f.interaction_id
    HAVING count(DISTINCT f.value) > 1 AND count(DISTINCT f.rater_key) > 1
),
disputed AS (
    -- Of ratings the mean counts; two that are far apart need a third one.
    SELECT d.example_id, d.about,
           array_to_string(list_sort(list(DISTINCT coalesce(d.value, d.kind))), ' or ') AS said
    FROM current_decisions d
    JOIN tasks t ON t.task_key = d.task_key AND t.kind = $kind
    LEFT JOIN settled s ON s.example_id = d.example_id AND s.from_id IS NULL
    WHERE NOT d.stale
    GROUP BY d.example_id, d.about
    HAVING CASE d.about
               WHEN 'rate' THEN count(*) = 2 AND max(try_cast(d.value AS DOUBLE))
                                                 - min(try_cast(d.value AS DOUBLE)) >= 2
               WHEN 'verdict' THEN any_value(coalesce(s.verdict, s.label)) IS NULL
               WHEN 'correct' THEN any_value(s.correction) IS NULL
               WHEN 'spans' THEN any_value(s.spans) IS NULL END
),
contradicted AS (
    SELECT example_id, min(score) AS score, max(suggested) AS suggested
    FROM issues
    WHERE kind = CASE WHEN $kind = 'relabel' THEN 'contradictory_label' ELSE 'contradictory_rating' END
    GROUP BY example_id
),
copies AS (
    -- Whom an answer about an example may tell something: the same input first, then what is alike.
    SELECT i.example_id AS decided, x.example_id, 1 AS similarity
    FROM hand_labels h
    JOIN example_inputs i USING (example_id)
    JOIN example_inputs x USING (input_hash)
    UNION ALL
    SELECT d.example_id, x.example_id, p.similarity
    FROM settled d
    JOIN base_labels b ON b.interaction_id = d.example_id AND b.label <> d.label
    JOIN example_inputs i ON i.example_id = d.example_id
    JOIN (SELECT a, b, similarity, difference, method FROM alike_inputs
          UNION ALL SELECT b, a, similarity, difference, method FROM alike_inputs) p ON p.a = i.input_hash
    JOIN example_inputs x ON x.input_hash = p.b
    JOIN examples e ON e.example_id = x.example_id AND e.label = b.label
    WHERE d.from_id IS NULL AND p.difference IS NULL
      AND p.similarity >= CASE p.method WHEN 'near' THEN $near ELSE $semantic END
)
SELECT v.example_id, 'held_out' AS detector, 0 AS place, 0::DOUBLE AS score,
       'held out, and waits for a good answer' AS why, NULL::VARCHAR AS suggested
FROM verdicts v WHERE v.pending
UNION ALL
SELECT example_id, 'annotators', 2, 0,
       CASE WHEN bool_or(about IN ('verdict', 'rate')) THEN 'annotators disagree: ' || max(said)
            ELSE 'annotators disagree' END, NULL
FROM disputed GROUP BY example_id
UNION ALL
-- Once: when a further annotator has answered, it stands.
SELECT example_id, 'annotators', 2, 0, '', NULL
FROM tasks WHERE kind = $kind AND example_id IN (SELECT unnest($doubted::VARCHAR[]))
GROUP BY example_id HAVING max(round) = 1
UNION ALL
SELECT d.example_id, 'annotators', 2, 0, 'it was answered with a hint before it was held out', NULL
FROM current_decisions d
JOIN tasks t ON t.task_key = d.task_key AND t.kind = $kind
JOIN verdicts v ON v.example_id = d.example_id AND v.side = 'test'
WHERE NOT d.stale
GROUP BY d.example_id HAVING NOT bool_or(t.blind)
UNION ALL
SELECT d.example_id, 'stale', 2, 0, 'its content has changed since it was answered', NULL
FROM current_decisions d GROUP BY d.example_id HAVING bool_and(d.stale)
UNION ALL
SELECT c.example_id, 'near_decision', 3, 1 - max(c.similarity),
       'people gave ' || CASE max(c.similarity) WHEN 1 THEN 'a copy of it' ELSE 'one that is alike' END
       || ' the label "' || arg_max(e.label, (c.similarity, e.label)) || '"',
       arg_max(e.label, (c.similarity, e.label))
FROM copies c
JOIN examples e ON e.example_id = c.decided
JOIN examples mine ON mine.example_id = c.example_id AND mine.label <> e.label
GROUP BY c.example_id
UNION ALL
-- A suspicion of the model that has not seen the copies, and copies that say otherwise: two witnesses.
-- Of what is held out first, after what waits for an answer: a wrong label there misleads every comparison.
SELECT example_id, CASE WHEN tier = 'possible' THEN 'low_confidence' ELSE 'mislabel' END,
       CASE WHEN tier = 'possible' THEN 7 WHEN side = 'test' THEN 1
            WHEN example_id IN (SELECT example_id FROM contradicted) THEN 4 ELSE 5 END,
       score, '', suggested
FROM suspects
UNION ALL
SELECT example_id, 'contradiction', CASE side WHEN 'test' THEN 1 ELSE 6 END, score,
       CASE $kind WHEN 'relabel' THEN 'a copy of it, or one that is alike, has another label'
                  ELSE 'another copy of it was rated two or more apart' END, suggested
FROM contradicted JOIN verdicts USING (example_id)
UNION ALL
SELECT r.example_id, 'raters', CASE v.side WHEN 'test' THEN 1 ELSE 6 END, 1 - apart / 5, 'raters disagree by ' || round(apart, 1) || ' of 5', NULL
FROM raters r JOIN verdicts v USING (example_id) WHERE apart >= 2 AND $kind <> 'relabel'
UNION ALL
SELECT example_id, 'raters', CASE side WHEN 'test' THEN 1 ELSE 6 END, 0, 'raters disagree: ' || labels, NULL
FROM labellers JOIN verdicts USING (example_id) WHERE $kind = 'relabel'
UNION ALL
-- What the last curate signals found: a wrong rating misleads comparisons where it is held out, as a wrong label does.
SELECT s.example_id, s.signal, CASE WHEN s.signal = 'residual' AND v.side = 'test' THEN 1 ELSE 7 END, s.score, s.why, NULL
FROM signals s
JOIN examples e USING (example_id, revision)
JOIN verdicts v USING (example_id)
WHERE $kind <> 'relabel' AND (v.reason IS NULL OR v.reason IN ('unrated', 'low_rating'))
UNION ALL
SELECT v.example_id, 'low_rating', 8, r.human_rating,
       'rated ' || round(r.human_rating, 1) || ' of 5: worth a better answer', NULL
FROM verdicts v JOIN ratings r ON r.interaction_id = v.example_id
WHERE v.reason = 'low_rating' AND v.side = 'train'
UNION ALL
SELECT v.example_id, 'coverage', 8, c.score, c.why, NULL
FROM cover c
JOIN example_inputs x USING (input_hash)
JOIN verdicts v USING (example_id)
WHERE c.kind = $kind AND c.detector = 'coverage' AND v.side = 'train' AND v.reason IN ('no_label', 'unknown_label', 'unrated')
UNION ALL
SELECT v.example_id, 'thin_cluster', 9, t.train / t.production,
       'train has ' || t.train || ' of ' || t.production || ' examples about "' || t.name || '"', NULL
FROM thin t
JOIN cluster_members m USING (cluster_id)
JOIN example_inputs x USING (input_hash)
JOIN verdicts v USING (example_id)
WHERE v.side = 'train' AND v.reason IN ('unrated', 'low_rating', 'no_label', 'unknown_label')
UNION ALL
SELECT d.example_id, d.kind, CASE d.kind WHEN 'boundary' THEN 10 ELSE 11 END, d.score, d.why, NULL
FROM edges d
JOIN verdicts v USING (example_id)
JOIN examples e ON e.example_id = d.example_id AND e.label = d.given
WHERE v.reason IS NULL AND $kind = 'relabel'
UNION ALL
SELECT v.example_id, 'out_of_scope', 11, c.score, c.why, NULL
FROM cover c
JOIN example_inputs x USING (input_hash)
JOIN verdicts v USING (example_id)
WHERE c.kind = $kind AND c.detector = 'out_of_scope'
  AND (v.reason IS NULL AND $kind <> 'relabel'
       OR v.side = 'train' AND v.reason IN ('no_label', 'unknown_label', 'unrated'))
UNION ALL
SELECT v.example_id, 'no_label', 12, 0,
       CASE v.reason WHEN 'no_label' THEN 'it has no label' ELSE 'its label is none of the project''s' END, NULL
FROM verdicts v
WHERE v.reason IN ('no_label', 'unknown_label') AND v.side = 'train' AND v.example_id NOT IN (
    SELECT example_id FROM example_inputs JOIN cover c USING (input_hash) WHERE c.kind = $kind AND c.detector = 'coverage')
UNION ALL
SELECT v.example_id, 'unrated', 12, (md5_number_lower(v.example_id) % 1000000)::DOUBLE / 1000000, 'nobody has rated it', NULL
FROM verdicts v
WHERE v.reason = 'unrated' AND v.side = 'train' AND v.example_id NOT IN (
    SELECT example_id FROM example_inputs JOIN cover c USING (input_hash) WHERE c.kind = $kind AND c.detector = 'coverage')
