-- Edge cases of labelled examples: between two labels, or far from all.

CREATE TABLE edges (
    example_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    given VARCHAR NOT NULL,
    score DOUBLE NOT NULL,
    why VARCHAR NOT NULL
);
COMMENT ON TABLE edges IS 'Examples whose label stands, but barely (boundary), and those that are unlike all labels (out_of_scope).';
COMMENT ON COLUMN edges.given IS 'The label that was judged; where the example has another one today, the row says nothing.';
COMMENT ON COLUMN edges.score IS 'Low is asked first: of boundary the place among them, of out_of_scope the cosine with the nearest centre of a label.';
COMMENT ON COLUMN edges.why IS 'In a sentence.';
