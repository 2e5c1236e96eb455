-- Forgets the scores of a look, before they are stored anew.
DELETE FROM look_scores WHERE test_id = $test_id AND answers_digest = $answers_digest
