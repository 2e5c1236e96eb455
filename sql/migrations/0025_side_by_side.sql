-- Answers of models that people compare side by side. They are no examples, and nothing here is ever trained on.

CREATE TABLE answer_pairs (
    content_hash VARCHAR NOT NULL,
    query VARCHAR NOT NULL,
    context VARCHAR NOT NULL,
    answer VARCHAR NOT NULL,
    other_answer VARCHAR NOT NULL
);
COMMENT ON TABLE answer_pairs IS 'What a compare task shows: a question and two different answers, whoever gave them; one row per content.';
COMMENT ON COLUMN answer_pairs.content_hash IS 'Of question and answers, as in tasks.content_hash; the answers stand in the order of their texts.';

CREATE TABLE side_by_side (
    answers_digest VARCHAR NOT NULL,
    other_digest VARCHAR NOT NULL,
    example_id VARCHAR NOT NULL,
    content_hash VARCHAR NOT NULL
);
COMMENT ON TABLE side_by_side IS 'Held-out examples that were drawn to compare two sets of answers by people; one row per pair of sets and example.';
COMMENT ON COLUMN side_by_side.answers_digest IS 'As in looks, also of a baseline; the smaller digest stands first.';
