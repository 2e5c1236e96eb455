-- What speaks against answers today, of each signal the worst $top; one row per example and signal.
SELECT s.signal, s.example_id, s.score, s.why, e.query, e.response
FROM signals s
JOIN examples e USING (example_id, revision)
QUALIFY row_number() OVER (PARTITION BY s.signal ORDER BY s.score, s.example_id) <= $top
ORDER BY s.signal, s.score, s.example_id
