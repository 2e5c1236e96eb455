-- Several templates per source, and which of them an example has.

CREATE TEMP TABLE one_each AS SELECT * FROM templates;
DROP TABLE templates;
CREATE TABLE templates (
    source VARCHAR NOT NULL,
    affix VARCHAR NOT NULL,
    text VARCHAR NOT NULL
);
COMMENT ON TABLE templates IS 'Text around the last user turn that many rows of a source share; left out of all inputs. One row per beginning or ending.';
COMMENT ON COLUMN templates.affix IS 'prefix or suffix.';
COMMENT ON COLUMN templates.text IS 'As it was logged.';
INSERT INTO templates
SELECT source, 'prefix', prefix FROM one_each WHERE prefix <> ''
UNION ALL SELECT source, 'suffix', suffix FROM one_each WHERE suffix <> '';

ALTER TABLE example_inputs ADD COLUMN template VARCHAR;
COMMENT ON COLUMN example_inputs.template IS 'What was left out of its input, as a hash: examples with different templates are no duplicates. Null: nothing.';

-- Inputs are looked at anew: those that had a template do not say which, and others may have one.
DELETE FROM example_inputs WHERE EXISTS (FROM one_each);
INSERT OR REPLACE INTO settings SELECT 'inputs_due', '{}' WHERE EXISTS (FROM interactions);
DROP TABLE one_each;
