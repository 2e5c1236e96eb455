-- Answers that are looked at (temporary view signal_answers), those of them that are rated, and answers in
-- words whose input has no vector; one row.
SELECT (SELECT count(*) FROM signal_answers), (SELECT count(rating) FROM signal_answers),
       (SELECT count(*) FROM examples e
        WHERE e.task <> 'classification' AND NOT e.corrected AND trim(e.response) <> ''
          AND e.example_id NOT IN (SELECT example_id FROM signal_answers))
