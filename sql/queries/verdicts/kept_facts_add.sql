-- Keeps facts with the verdicts; one row per fact.
CREATE TABLE fresh.main.facts AS
SELECT unnest($names::VARCHAR[]) AS name, unnest($texts::VARCHAR[]) AS value
