-- How many examples each rule hits that only notes; one row per rule.
SELECT rule, count(*) FROM notes GROUP BY rule ORDER BY rule
