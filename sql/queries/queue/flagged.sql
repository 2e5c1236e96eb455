-- Candidates that a detector speaks for, in the order of their detectors; one row per candidate.
FROM askable
WHERE place IS NOT NULL
ORDER BY place, score, len(detectors) DESC, example_id
