-- Gives what was said of spans that hold others to the last call of their trace.
UPDATE staging_feedback f
SET file_number = o.place.file_number, location = o.place.location, line = o.place.line,
    part = o.place.part, row_key = o.place.row_key
FROM outer_spans o
WHERE o.place IS NOT NULL AND (f.file_number, f.line, f.part) = (o.file_number, o.line, o.part)
