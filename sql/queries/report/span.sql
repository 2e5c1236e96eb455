-- From when to when production's calls are; one row.
SELECT min(created_at) AS first, max(created_at) AS last FROM report_examples
