-- Answers that rules and contradictions speak against (temporary tables excluded and issues); one row
-- per kind.
SELECT reason AS kind, count(*) AS answers FROM excluded WHERE reason IN ('refusal', 'truncated', 'repeated', 'echo', 'empty_answer')
GROUP BY reason
UNION ALL
SELECT kind, count(*) FROM issues WHERE kind = 'contradictory_rating' GROUP BY kind
ORDER BY kind
