-- Several labels of one example: with multi_label in curate.toml a label is a set of names, written as a
-- JSON list, sorted, each name once, however the logs, a correction or an annotator wrote it.
CREATE MACRO label_set(said) AS CASE
    WHEN coalesce(trim(said), '') = '' THEN NULL
    WHEN trim(said) LIKE '[%' AND json_valid(said)
    THEN to_json(list_sort(list_distinct([trim(name) FOR name IN json_extract_string(said, '$[*]')
                                          IF trim(name) <> ''])))::VARCHAR
    ELSE to_json([trim(said)])::VARCHAR END;

CREATE OR REPLACE VIEW base_labels AS
SELECT interaction_id, CASE WHEN multi_label THEN label_set(said) ELSE said END AS label, corrected
FROM (
    SELECT i.interaction_id, l.value AS corrected, p.multi_label,
           coalesce(l.value, CASE
               WHEN p.label_from = 'column' THEN i.label
               WHEN p.label_from = 'response' THEN trim(i.response)
               WHEN json_valid(i.response) THEN json_extract_string(i.response, p.label_from)
           END) AS said
    FROM interactions i
    CROSS JOIN (SELECT coalesce(max(value->>'$.label_from'), 'column') AS label_from,
                       coalesce(max((value->>'$.multi_label')::BOOLEAN), false) AS multi_label
                FROM settings WHERE name = 'project') p
    LEFT JOIN corrections l ON l.interaction_id = i.interaction_id AND l.kind = 'label'
);
COMMENT ON VIEW base_labels IS 'The label of each interaction before annotators say otherwise: corrected, or as logged.';

CREATE OR REPLACE VIEW examples AS
WITH project AS (
    SELECT max(value->>'$.task') AS task, coalesce(max(value->>'$.label_from'), 'column') AS label_from,
           coalesce(max((value->>'$.multi_label')::BOOLEAN), false) AS multi_label
    FROM settings WHERE name = 'project'
),
labelled AS (
    SELECT i.* REPLACE (CASE WHEN i.given_split = 'heldout' OR s.source IS NOT NULL
                             THEN i.given_split END AS given_split),
           p.task, p.multi_label,
           -- Where the answer is the label, a corrected label corrects the answer.
           coalesce(a.correction, c.value, CASE WHEN p.task = 'classification' AND p.label_from = 'response'
                                                THEN coalesce(a.label, l.value) END) AS correction,
           coalesce(a.label, l.value, CASE
               WHEN p.label_from = 'column' THEN i.label
               WHEN p.label_from = 'response' THEN trim(i.response)
               WHEN json_valid(i.response) THEN json_extract_string(i.response, p.label_from)
           END) AS said_label
    FROM interactions i
    CROSS JOIN project p
    LEFT JOIN split_sources s USING (source)
    LEFT JOIN corrections c ON c.interaction_id = i.interaction_id AND c.kind = 'correction'
    LEFT JOIN corrections l ON l.interaction_id = i.interaction_id AND l.kind = 'label'
    LEFT JOIN settled a ON a.example_id = i.interaction_id
),
named AS (
    SELECT *, CASE WHEN multi_label THEN label_set(said_label) ELSE said_label END AS current_label FROM labelled
)
SELECT x.interaction_id AS example_id, x.source, x.source_id, x.messages,
       CASE WHEN x.correction IS NULL THEN x.output
            ELSE json_array(json_object('role', 'assistant', 'content', x.correction)) END AS output,
       x.query, x.context,
       coalesce(x.correction, x.response) AS response,
       x.current_label AS label,
       CASE WHEN x.task = 'classification' THEN x.current_label
            ELSE coalesce(x.correction, x.response) END AS answer,
       x.correction IS NOT NULL AS corrected, x.task,
       x.created_at, x.session_id, x.group_key, x.user_key, x.given_split, x.model,
       x.finish_reason, x.status, x.error, x.input_tokens, x.output_tokens, x.cost_usd,
       x.latency_ms, x.tools, x.metadata, x.content_hash,
       CASE WHEN x.session_id IS NOT NULL THEN x.source || '/' || x.session_id
            ELSE coalesce(v.conversation_id, x.interaction_id) END AS conversation_id,
       md5(concat_ws(chr(31), x.row_hash, x.task, coalesce(x.correction, ''),
                     coalesce(x.current_label, ''))) AS revision,
       CASE WHEN NOT x.multi_label THEN nullif([x.current_label], [NULL])
            ELSE json_extract_string(x.current_label, '$[*]') END AS label_names
FROM named x
LEFT JOIN conversations v ON v.example_id = x.interaction_id;
COMMENT ON COLUMN examples.conversation_id IS 'Source and session id; without one, the first call of the conversation found by hash chain.';
COMMENT ON COLUMN examples.revision IS 'Changes with anything that rules on content may read.';
COMMENT ON COLUMN examples.answer IS 'What is learned: the response, for classification the label.';
COMMENT ON COLUMN examples.given_split IS 'The split the source says, where it is taken; heldout for an imported evaluation set.';
COMMENT ON COLUMN examples.label_names IS 'The names in the label: itself, or those of its list in a project with multi_label.';
COMMENT ON VIEW examples IS 'One candidate training item per call, with corrections, labels and decisions applied; ratings are in the view ratings.';
