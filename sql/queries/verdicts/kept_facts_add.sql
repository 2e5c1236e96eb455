-- Keeps facts with the verdicts; one row per fact.
CREATE OR REPLACE TABLE fresh.main.facts AS
SELECT unnest($names::VARCHAR[]) AS name, unnest($texts::VARCHAR[]) AS value
