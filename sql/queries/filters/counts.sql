-- What each rule drops; one row per rule and reason.
SELECT rule, reason, count(*) FROM hits GROUP BY rule, reason, place ORDER BY place, count(*) DESC, reason
