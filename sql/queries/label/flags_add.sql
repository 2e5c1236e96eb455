-- Adds what a detector says (an Arrow table registered as said, the columns of its sentences as a struct).
INSERT INTO flags BY NAME
SELECT example_id, $detector AS detector, place, score, because, to_json(facts)::VARCHAR AS facts, suggested
FROM said
