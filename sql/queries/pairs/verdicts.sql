-- The verdict on every pair under today's verdicts on examples: its side, and why it is out (null: it
-- is in); one row per pair. The worse answer may be rated low, or be a duplicate in its input. Either
-- may refuse: whoever prefers one of them says whether refusing is right. Where two methods contradict
-- one another the more trusted one counts, where one contradicts itself none; but a ranking is one
-- judgement, also where a text stands in it twice.
CREATE OR REPLACE TEMP TABLE pair_verdicts AS
WITH out AS (
    SELECT example_id,
           arg_min(reason, place) FILTER (reason <> 'refusal') AS of_rated,
           arg_min(reason, place) FILTER (reason NOT IN ('unrated', 'refusal')) AS of_chosen,
           arg_min(reason, place) FILTER (reason NOT IN ('unrated', 'low_rating', 'not_preferred', 'refusal'))
               AS of_rejected
    FROM excluded
    WHERE reason NOT IN ('duplicate', 'near_duplicate', 'semantic_duplicate')
    GROUP BY example_id
),
known AS (SELECT a.* FROM pair_answers a JOIN judged USING (example_id, state)),
told AS (
    SELECT p.*, b.side, w.side AS other_side, c.prompt_hash, c.answer_hash AS better, r.logged_hash AS worse,
           list_position(['annotation', 'imported', 'rank', 'correction', 'output', 'rating'], p.method) AS trust,
           CASE WHEN c.example_id IS NULL OR r.example_id IS NULL THEN 'stale'
                WHEN c.answer_hash = r.logged_hash THEN 'identical'
                WHEN p.method IN ('rating', 'output') AND p.margin < $min_margin THEN 'small_margin'
                WHEN p.method <> 'annotation' AND t.preferred = 'tie' THEN 'tie' END AS flaw
    FROM pairs p
    LEFT JOIN known c ON c.example_id = p.chosen_id
    LEFT JOIN known r ON r.example_id = p.rejected_id
    LEFT JOIN plan b ON b.example_id = p.chosen_id
    LEFT JOIN plan w ON w.example_id = p.rejected_id
    LEFT JOIN settled_pairs t ON t.example_id = least(p.chosen_id, p.rejected_id)
                             AND t.other_id = greatest(p.chosen_id, p.rejected_id)
),
said AS (
    SELECT prompt_hash, better, worse, min(trust) AS trust
    FROM told WHERE flaw IS NULL
    GROUP BY ALL
),
ruled AS (
    SELECT t.*, coalesce(t.flaw,
               CASE WHEN o.trust < t.trust OR o.trust = t.trust AND t.method <> 'rank' THEN 'contradicted'
                    WHEN t.side <> t.other_side THEN 'both_sides' END,
               'chosen_' || CASE WHEN t.method IN ('rating', 'output') THEN x.of_rated ELSE x.of_chosen END,
               CASE WHEN t.chosen_id <> t.rejected_id THEN 'rejected_' || y.of_rejected END) AS reason
    FROM told t
    LEFT JOIN said o ON o.prompt_hash = t.prompt_hash AND o.better = t.worse AND o.worse = t.better
    LEFT JOIN out x ON x.example_id = t.chosen_id
    LEFT JOIN out y ON y.example_id = t.rejected_id
)
SELECT pair_id, method, margin, chosen_id, rejected_id, prompt_hash, side,
       CASE WHEN reason IS NULL AND row_number() OVER (
                PARTITION BY reason IS NULL, prompt_hash, better, worse
                ORDER BY trust, margin DESC NULLS LAST, pair_id) > 1 THEN 'duplicate'
            ELSE reason END AS reason
FROM ruled
