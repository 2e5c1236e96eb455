-- Held-out examples that wait for a good answer.
-- serves: labels, answers
-- place: 0
-- audited: no
-- why: held out, and waits for a good answer
SELECT example_id, 0::DOUBLE AS score FROM verdicts WHERE pending
