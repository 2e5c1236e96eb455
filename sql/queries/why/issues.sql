-- Suspected problems of the example; one row per issue.
SELECT kind, score, given, suggested, evidence FROM issues WHERE example_id = $id ORDER BY kind
