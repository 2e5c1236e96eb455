-- The candidates for training, as corrections, labels and decisions leave them; one row per call.
CREATE OR REPLACE VIEW examples AS
WITH project AS (
    SELECT max(value->>'$.task') AS task, coalesce(max(value->>'$.label_from'), 'column') AS label_from,
           coalesce(max((value->>'$.multi_label')::BOOLEAN), false) AS multi_label
    FROM settings WHERE name = 'project'
),
labelled AS (
    SELECT i.* REPLACE (CASE WHEN i.given_split IN ('heldout', 'evict') OR s.source IS NOT NULL
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
    SELECT *, CASE WHEN multi_label THEN label_set(said_label) ELSE said_label END AS current_label,
           -- Better calls of tools replace the calls alone: what is said beside them stays.
           CASE WHEN correction IS NOT NULL AND json_array_length(output, '$[0].tool_calls') > 0
                     AND json_type(TRY_CAST(correction AS JSON), '$.tool_calls') = 'ARRAY'
                THEN TRY_CAST(correction AS JSON)->'$.tool_calls' END AS better_calls
    FROM labelled
),
said AS (
    SELECT *, CASE WHEN better_calls IS NULL THEN correction END AS better_text FROM named
)
SELECT x.interaction_id AS example_id, x.source, x.source_id, x.messages,
       CASE WHEN x.correction IS NULL THEN x.output
            WHEN x.better_calls IS NULL THEN json_array(json_object('role', 'assistant', 'content', x.correction))
            ELSE json_array(json_object('role', 'assistant', 'content', x.output->'$[0].content',
                                        'tool_calls', x.better_calls)) END AS output,
       x.query, x.context,
       coalesce(x.better_text, x.response) AS response,
       x.current_label AS label,
       CASE WHEN x.task = 'classification' THEN x.current_label
            ELSE coalesce(x.better_text, x.response) END AS answer,
       x.correction IS NOT NULL AS corrected, x.task,
       x.created_at, x.session_id, x.group_key, x.user_key, x.given_split, x.model,
       x.finish_reason, x.status, x.error, x.input_tokens, x.output_tokens, x.cost_usd,
       x.latency_ms, x.tools, x.metadata, x.content_hash,
       CASE WHEN x.session_id IS NOT NULL THEN x.source || '/' || x.session_id
            ELSE coalesce(v.conversation_id, x.interaction_id) END AS conversation_id,
       md5(concat_ws(chr(31), x.row_hash, x.task, coalesce(x.correction, ''),
                     coalesce(x.current_label, ''))) AS revision,
       CASE WHEN NOT x.multi_label THEN nullif([x.current_label], [NULL])
            ELSE json_extract_string(x.current_label, '$[*]') END AS label_names,
       x.run_id AS pulled_by
FROM said x
LEFT JOIN conversations v ON v.example_id = x.interaction_id;
COMMENT ON COLUMN examples.conversation_id IS 'Source and session id; without one, the first call of the conversation found by hash chain.';
COMMENT ON COLUMN examples.revision IS 'Changes with anything that rules on content may read.';
COMMENT ON COLUMN examples.answer IS 'What is learned: the response, for classification the label.';
COMMENT ON COLUMN examples.given_split IS 'The split the source says, where it is taken; heldout for an imported evaluation set, evict for one that train gives way to.';
COMMENT ON COLUMN examples.label_names IS 'The names in the label: itself, or those of its list in a project with multi_label.';
COMMENT ON COLUMN examples.pulled_by IS 'The run that stored the call as it is.';
COMMENT ON VIEW examples IS 'One candidate training item per call, with corrections, labels and decisions applied; ratings are in the view ratings.';
