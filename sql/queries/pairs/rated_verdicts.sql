-- Examples that are kept, and those that are out only because people rate them bad or prefer another
-- answer; one row per example, with why it is not written. Good is what is kept and rated above bad, or
-- kept or corrected by a human; nobody's silence is a thumb up. Where one copy of an answer is rated good
-- and another one bad, none is.
CREATE OR REPLACE TEMP TABLE rated_verdicts AS
WITH out AS (
    SELECT example_id, bool_and(reason IN ('low_rating', 'not_preferred')) AS only_bad,
           bool_or(reason = 'not_preferred') AS not_preferred
    FROM excluded GROUP BY example_id
),
known AS (
    SELECT v.example_id, v.side, x.example_hash, r.human_rating,
           v.reason IS NULL AND (e.corrected OR a.verdict IS NOT DISTINCT FROM 'keep'
                                 OR coalesce(r.human_rating > $bad, true)) AS good,
           v.reason IS NULL AND r.human_rating IS NULL AND NOT e.corrected
               AND a.verdict IS DISTINCT FROM 'keep' AS unrated,
           v.reason IS NULL OR r.human_rating <= $bad OR o.not_preferred AS clear
    FROM verdicts v
    JOIN example_inputs x USING (example_id)
    JOIN examples e USING (example_id)
    LEFT JOIN settled a USING (example_id)
    LEFT JOIN ratings r ON r.interaction_id = v.example_id
    LEFT JOIN out o USING (example_id)
    WHERE v.side IN ('train', 'test') AND NOT v.exposed AND (v.reason IS NULL OR o.only_bad)
)
SELECT example_id, side, good,
       CASE WHEN unrated THEN 'unrated'
            WHEN NOT coalesce(clear, false) THEN 'neither'
            WHEN bool_or(good AND clear AND NOT unrated) OVER same AND bool_or(NOT good AND clear) OVER same THEN 'contradicted'
            WHEN row_number() OVER (PARTITION BY example_hash, good, clear, unrated
                                    ORDER BY human_rating DESC NULLS LAST, example_id) > 1 THEN 'duplicate'
       END AS reason
FROM known
WINDOW same AS (PARTITION BY example_hash)
