-- The side of the example, and since when; one row.
SELECT p.side, p.exposed, p.origin, p.unit, l.since_version, coalesce(l.evidence, p.evidence) AS evidence
FROM plan p LEFT JOIN split_ledger l USING (example_id)
WHERE p.example_id = $id
