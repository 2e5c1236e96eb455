-- What was kept with the verdicts; one row per fact.
SELECT name, value FROM kept.main.facts
