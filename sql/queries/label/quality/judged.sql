-- Answered questions (an Arrow table registered as answers) about examples that were kept; one row per
-- question and side. Rows are the examples that the answer speaks for, of those that are kept today, or
-- would be if the answer had not changed them. The side is that of the draw: before the first export,
-- a changed label may move an example.
SELECT a.side, a.run_id, a.audit, a.flagged, a.wrong, count(*) AS rows
FROM answers a
JOIN (SELECT example_id AS asked, example_id FROM answers
      UNION ALL SELECT from_id, example_id FROM settled WHERE from_id IS NOT NULL) m ON m.asked = a.example_id
JOIN verdicts v ON v.example_id = m.example_id
WHERE a.kept AND v.side IN ('train', 'test')
  AND (v.reason IS NULL OR a.wrong AND v.reason IN ('dropped', 'low_rating', 'duplicate', 'near_duplicate',
                                                   'semantic_duplicate'))
GROUP BY a.example_id, a.side, a.run_id, a.audit, a.flagged, a.wrong
ORDER BY a.side, a.run_id, a.example_id
