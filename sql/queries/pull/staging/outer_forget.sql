-- Takes the staged spans away that hold the calls of their trace; one row per span.
DELETE FROM staging_interactions
WHERE (file_number, line, part) IN (SELECT (file_number, line, part) FROM outer_spans)
RETURNING line
