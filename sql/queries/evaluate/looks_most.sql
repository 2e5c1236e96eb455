-- How often the most looked at of some examples was looked at: different sets of answers by which it was judged,
-- in whatever version; one row.
SELECT coalesce(max(looks), 0)
FROM (
    SELECT v.example_id, count(DISTINCT l.answers_digest) AS looks
    FROM looks l
    JOIN version_examples v ON v.name = l.name AND v.version = l.version AND v.side = 'test' AND v.line IS NOT NULL
    WHERE list_contains($ids, v.example_id)
    GROUP BY v.example_id
)
