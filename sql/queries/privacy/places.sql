-- All places of texts (a table or view texts), in order; one row each.
SELECT DISTINCT place FROM texts ORDER BY place
