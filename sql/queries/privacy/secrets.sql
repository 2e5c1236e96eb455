-- Where secrets stand, what would be exported first; one row per example, field and detector.
SELECT f.example_id, i.source_id, f.field, f.detector, count(*) AS places,
       coalesce(v.reason IS NULL AND v.side IN ('train', 'test'), false) AS kept,
       f.example_id IN (SELECT example_id FROM privacy_allowed_examples) AS allowed
FROM privacy_open f
JOIN interactions i ON i.interaction_id = f.example_id
LEFT JOIN verdicts v USING (example_id)
WHERE f.is_secret
GROUP BY ALL
ORDER BY allowed, kept DESC, f.example_id, f.field, f.detector
