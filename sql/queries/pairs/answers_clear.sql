-- Forgets all answers that pairs were made from.
DELETE FROM pair_answers
