-- Whether an example has no input yet, or one of other content; one row.
SELECT EXISTS (
    FROM examples e
    LEFT JOIN example_inputs x USING (example_id)
    WHERE x.revision IS DISTINCT FROM e.revision
)
