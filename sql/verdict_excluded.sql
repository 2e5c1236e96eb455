-- Why examples are out, duplicates aside; one row per example and reason.
CREATE OR REPLACE TEMP TABLE excluded AS
SELECT example_id, reason, 'filter' AS stage, place, judges,
       CASE WHEN score IS NULL THEN rule ELSE rule || ': ' || round(score, 3) END AS evidence
FROM hits
UNION ALL
SELECT example_id, 'quarantined', 'split', 1000, 'input', evidence FROM plan WHERE side = 'quarantined'
UNION ALL
SELECT example_id, 'exposed', 'split', 1001, 'input', evidence FROM plan WHERE exposed
UNION ALL
SELECT example_id, 'leak', 'split', 1002, 'input', leak_kind || ' as ' || leaks FROM plan WHERE leaks IS NOT NULL
