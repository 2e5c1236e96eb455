-- Examples whose answer is known to be good or bad: the kept ones, and those that are out only because
-- people rate them bad or prefer another answer; one row per example, with why it is not written.
-- Where one copy of an answer is rated good and another one bad, none is.
CREATE OR REPLACE TEMP TABLE rated_verdicts AS
WITH out AS (
    SELECT example_id, bool_and(reason IN ('low_rating', 'not_preferred')) AS only_bad,
           bool_or(reason = 'not_preferred') AS not_preferred
    FROM excluded GROUP BY example_id
),
known AS (
    SELECT v.example_id, v.side, x.example_hash, v.reason IS NULL AS good, r.human_rating,
           v.reason IS NULL OR r.human_rating <= $bad OR o.not_preferred AS clear
    FROM verdicts v
    JOIN example_inputs x USING (example_id)
    LEFT JOIN ratings r ON r.interaction_id = v.example_id
    LEFT JOIN out o USING (example_id)
    WHERE v.side IN ('train', 'test') AND NOT v.exposed AND (v.reason IS NULL OR o.only_bad)
)
SELECT example_id, side, good,
       CASE WHEN NOT coalesce(clear, false) THEN 'neither'
            WHEN bool_or(good AND clear) OVER same AND bool_or(NOT good AND clear) OVER same THEN 'contradicted'
            WHEN row_number() OVER (PARTITION BY example_hash, good, clear
                                    ORDER BY human_rating DESC NULLS LAST, example_id) > 1 THEN 'duplicate'
       END AS reason
FROM known
WINDOW same AS (PARTITION BY example_hash)
