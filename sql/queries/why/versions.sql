-- Where the example is in each version, or why it is not; one row per version.
SELECT v.name, v.version, v.side, v.line, v.reason, v.evidence
FROM version_examples v
WHERE v.example_id = $id
ORDER BY v.name, v.version
