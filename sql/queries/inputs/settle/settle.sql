-- What people agree on today, spread to exact duplicates of the input that carry the very label which the
-- annotator saw; one row per example. The answer that most annotators gave counts, the mean rating, and
-- drop where more than half of them say so; nothing where they tie. An example's own answers come before a
-- copy's. What was answered with a hint does not reach copies that are held out.
CREATE OR REPLACE TEMP TABLE settling AS
WITH votes AS (
    SELECT example_id, kind, value, count(*) AS votes, max(made_at) AS made_at, min(annotator) AS annotator,
           min(label_seen) AS label_seen
    FROM current_decisions WHERE NOT stale AND kind NOT IN ('keep', 'drop', 'rate', 'prefer')
    GROUP BY ALL
),
won AS (
    SELECT * FROM votes
    -- Two people hardly ever write the same text: of three or more, the newest breaks the tie.
    QUALIFY row_number() OVER (
            PARTITION BY example_id, kind ORDER BY votes DESC, made_at DESC NULLS LAST, annotator) = 1
        AND (count(*) OVER (PARTITION BY example_id, kind, votes) = 1
             OR kind IN ('correct', 'spans') AND sum(votes) OVER (PARTITION BY example_id, kind) >= 3)
),
ruled AS (
    SELECT example_id, count(DISTINCT annotator) AS people,
           count(*) FILTER (kind = 'drop') AS drops, count(*) FILTER (kind = 'keep') AS keeps,
           max(made_at) FILTER (kind IN ('keep', 'drop')) AS made_at,
           min(annotator) FILTER (kind = 'drop') AS dropper, min(annotator) FILTER (kind = 'keep') AS keeper,
           min(label_seen) AS label_seen, bool_and(coalesce(t.blind, false)) AS blind
    FROM current_decisions LEFT JOIN (SELECT task_key, blind FROM tasks) t USING (task_key)
    WHERE NOT stale AND kind <> 'prefer'
    GROUP BY example_id
),
own AS (
    SELECT d.example_id, any_value(r.blind) AS blind,
           CASE WHEN 2 * any_value(r.drops) > any_value(r.people) THEN 'drop'
                WHEN any_value(r.keeps) > 0 AND 2 * any_value(r.drops) < any_value(r.people) THEN 'keep' END AS verdict,
           max(w.value) FILTER (w.kind = 'relabel' AND 2 * r.drops < r.people) AS label,
           max(w.value) FILTER (w.kind = 'correct') AS correction,
           any_value(m.rating) AS rating,
           max(w.value) FILTER (w.kind = 'spans') AS spans,
           coalesce(CASE WHEN 2 * any_value(r.drops) > any_value(r.people) THEN any_value(r.dropper) END,
                    min(w.annotator) FILTER (w.kind = 'relabel'), any_value(r.keeper), min(w.annotator),
                    any_value(m.annotator)) AS annotator,
           greatest(max(w.made_at), any_value(r.made_at), any_value(m.made_at)) AS made_at,
           any_value(r.label_seen) AS label_seen
    FROM (SELECT DISTINCT example_id FROM current_decisions WHERE NOT stale AND kind <> 'prefer') d
    LEFT JOIN won w USING (example_id)
    LEFT JOIN ruled r USING (example_id)
    LEFT JOIN (
        SELECT example_id, round(avg(value::DOUBLE), 4) AS rating, min(annotator) AS annotator,
               max(made_at) AS made_at
        FROM current_decisions WHERE NOT stale AND kind = 'rate' GROUP BY example_id
    ) m USING (example_id)
    GROUP BY d.example_id
),
held_out AS (
    SELECT example_id FROM split_ledger WHERE side = 'test' AND NOT exposed
    UNION SELECT interaction_id FROM interactions WHERE given_split IN ('heldout', 'evict')
),
spread AS (
    SELECT x.example_id, any_value(o.verdict) AS verdict, any_value(o.label) AS label,
           min(o.annotator) AS annotator, max(o.made_at) AS made_at, min(o.example_id) AS from_id
    FROM own o
    JOIN example_inputs mine ON mine.example_id = o.example_id
    JOIN example_inputs x ON x.input_hash = mine.input_hash
    JOIN base_labels b ON b.interaction_id = x.example_id AND b.label = o.label_seen
    WHERE (o.verdict IS NOT NULL OR o.label IS NOT NULL)
      AND x.example_id NOT IN (SELECT example_id FROM current_decisions WHERE about = 'verdict' AND NOT stale)
      AND (o.blind OR x.example_id NOT IN (SELECT example_id FROM held_out))
    GROUP BY x.example_id
    HAVING count(DISTINCT (coalesce(o.verdict, ''), coalesce(o.label, ''))) = 1
)
SELECT coalesce(o.example_id, s.example_id) AS example_id, coalesce(s.verdict, o.verdict) AS verdict,
       coalesce(s.label, o.label) AS label, o.correction, o.rating, o.spans,
       coalesce(s.annotator, o.annotator) AS annotator, coalesce(s.made_at, o.made_at) AS made_at, s.from_id
FROM (SELECT * FROM own WHERE coalesce(verdict, label, correction, rating::VARCHAR, spans) IS NOT NULL) o
FULL JOIN spread s ON s.example_id = o.example_id
