-- What speaks for asking a human about an example, under today's verdicts; one row per example and
-- detector. Places order the detectors: up to 3 what has to be asked first, from 12 on what is asked last;
-- between them the budget is shared by what pays. Scores order the examples of one detector, low first. A
-- label or rating of a held-out example that something speaks against comes before anything of train.
-- Because and facts (a JSON object) make the sentence that tells why.
CREATE OR REPLACE TEMP TABLE flags (
    example_id VARCHAR, detector VARCHAR, place INTEGER, score DOUBLE, because VARCHAR, facts VARCHAR,
    suggested VARCHAR
)
