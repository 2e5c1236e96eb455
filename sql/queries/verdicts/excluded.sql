-- Why examples are out, duplicates aside; one row per example and reason. What a human keeps, no rule
-- drops.
CREATE OR REPLACE TEMP TABLE excluded AS
SELECT example_id, reason, 'filter' AS stage, place, judges,
       concat_ws(': ', rule, coalesce(evidence, round(score, 3)::VARCHAR)) AS evidence
FROM hits WHERE example_id NOT IN (SELECT example_id FROM settled WHERE verdict = 'keep')
UNION ALL
SELECT example_id, 'dropped', 'people', -1, 'input', 'by annotator ' || annotator
FROM settled WHERE verdict = 'drop'
UNION ALL
SELECT loser, 'not_preferred', 'people', 0, 'answer', 'by annotator ' || annotator
FROM preferences
UNION ALL
SELECT example_id, 'quarantined', 'split', 1000, 'input', evidence FROM plan WHERE side = 'quarantined'
UNION ALL
SELECT example_id, 'exposed', 'split', 1001, 'input', evidence FROM plan WHERE exposed
UNION ALL
SELECT example_id, CASE WHEN published THEN 'published_leak' ELSE 'leak' END, 'split', 1002, 'input',
       leak_kind || ' as ' || leaks || CASE WHEN published THEN ', in an exported test file' ELSE '' END
FROM plan WHERE leaks IS NOT NULL
