-- Kept examples, and how many of them nobody has judged, flagged by a detector (temporary table flags) or
-- not; one row per side. A label by hand is judged unless raters disagree about it. Answers is the Arrow
-- table of answered questions.
WITH judged AS (
    SELECT example_id FROM answers
    UNION SELECT example_id FROM settled WHERE from_id IN (SELECT example_id FROM answers)
    UNION SELECT example_id FROM hand_labels
    WHERE $about = 'label' AND example_id NOT IN (SELECT example_id FROM flags WHERE detector = 'raters')
)
SELECT side, count(*) AS examples, count(*) FILTER (NOT judged AND flagged) AS flagged,
       count(*) FILTER (NOT judged AND NOT flagged) AS others
FROM (
    SELECT side, example_id IN (SELECT example_id FROM judged) AS judged,
           example_id IN (SELECT example_id FROM flags WHERE list_contains($detectors, detector)) AS flagged
    FROM verdicts WHERE reason IS NULL AND side IN ('train', 'test')
)
GROUP BY side
ORDER BY side DESC
