-- Answers in train that are out because people rated them low: a better one would bring them in.
-- serves: answers
-- place: 8
-- order: 65
-- audited: no
-- why: rated {rating} of 5: worth a better answer
SELECT v.example_id, r.human_rating AS score, round(r.human_rating, 1) AS rating
FROM verdicts v JOIN ratings r ON r.interaction_id = v.example_id
WHERE v.reason = 'low_rating' AND v.side = 'train'
