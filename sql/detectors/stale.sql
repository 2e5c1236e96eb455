-- Examples whose content has changed since people answered.
-- serves: labels, answers
-- place: 2
-- audited: no
-- why: its content has changed since it was answered
SELECT example_id, 0::DOUBLE AS score
FROM current_decisions GROUP BY example_id HAVING bool_and(stale)
