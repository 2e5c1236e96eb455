-- Kept examples, and those of them in which something of these kinds was found.
SELECT count(*) AS kept,
       count(*) FILTER (v.example_id IN (
           SELECT example_id FROM privacy_open WHERE NOT list_contains($leave::VARCHAR[], kind)
       )) AS concerned
FROM verdicts v
WHERE v.reason IS NULL AND v.side IN ('train', 'test')
