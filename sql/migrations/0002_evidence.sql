-- The evidence: computed over all examples from content and settings, never from a verdict.

CREATE TABLE templates (source VARCHAR PRIMARY KEY, prefix VARCHAR NOT NULL, suffix VARCHAR NOT NULL);
COMMENT ON TABLE templates IS 'Text around the last user turn that most rows of a source share; left out of inputs.';

CREATE TABLE inputs (
    input_hash VARCHAR PRIMARY KEY,
    text VARCHAR NOT NULL,
    words INTEGER NOT NULL,
    paired BOOLEAN NOT NULL
);
COMMENT ON TABLE inputs IS 'Distinct normalised inputs; one row per text that an example or a version has.';
COMMENT ON COLUMN inputs.paired IS 'Whether input_pairs covers it.';

CREATE TABLE example_inputs (
    example_id VARCHAR PRIMARY KEY,
    revision VARCHAR NOT NULL,
    input_hash VARCHAR NOT NULL,
    example_hash VARCHAR NOT NULL
);
COMMENT ON TABLE example_inputs IS 'Normalised input, and messages with answer, of each example, as hashes.';
COMMENT ON COLUMN example_inputs.revision IS 'The revision of the example that they were computed from.';

CREATE TABLE input_pairs (a VARCHAR NOT NULL, b VARCHAR NOT NULL, similarity DOUBLE NOT NULL);
COMMENT ON TABLE input_pairs IS 'Inputs a < b whose word 3-gram sets have a Jaccard similarity at or above the threshold in settings.';

CREATE TABLE conversations (example_id VARCHAR PRIMARY KEY, conversation_id VARCHAR NOT NULL);
COMMENT ON TABLE conversations IS 'Calls without a session id that continue one another, found by their hash chains.';

CREATE TABLE conversation_links (
    call_hash VARCHAR NOT NULL, example_id VARCHAR NOT NULL, is_child BOOLEAN NOT NULL
);
COMMENT ON TABLE conversation_links IS 'Calls that may continue one of several equal calls: parent and children of one call hash.';

CREATE TABLE filter_hits (example_id VARCHAR NOT NULL, rule VARCHAR NOT NULL, reason VARCHAR NOT NULL, score DOUBLE);
COMMENT ON TABLE filter_hits IS 'Examples that a rule on content drops, at the settings in force.';

CREATE TABLE filter_checked (example_id VARCHAR PRIMARY KEY, revision VARCHAR NOT NULL);
COMMENT ON TABLE filter_checked IS 'Which revision of each example the rules on content have judged.';

CREATE VIEW ratings AS
SELECT DISTINCT ON (interaction_id)
       interaction_id, 1 + 4 * rating_norm AS human_rating, value, rater_type, origin, created_at
FROM feedback
WHERE kind = 'rating' AND rating_norm IS NOT NULL AND rater_type IN ('human_user', 'human_expert')
ORDER BY interaction_id, rater_type = 'human_expert' DESC, origin = 'file' DESC,
         created_at DESC NULLS LAST, run_id DESC, feedback_id;
COMMENT ON VIEW ratings IS 'The human rating that counts, 1 to 5: expert over user, later feedback over the log''s own, newest first.';

CREATE VIEW corrections AS
SELECT DISTINCT ON (interaction_id, kind) interaction_id, kind, value, rater_type, created_at
FROM feedback
WHERE kind IN ('correction', 'label') AND rater_type IN ('human_user', 'human_expert')
ORDER BY interaction_id, kind, rater_type = 'human_expert' DESC, origin = 'file' DESC,
         created_at DESC NULLS LAST, run_id DESC, feedback_id;
COMMENT ON VIEW corrections IS 'The corrected answer or label that counts.';

CREATE VIEW ai_interactions AS
SELECT i.interaction_id, i.query, i.response, r.human_rating, i.created_at, i.label, i.source,
       i.source_id, i.session_id, i.model
FROM interactions i
LEFT JOIN ratings r USING (interaction_id);
COMMENT ON VIEW ai_interactions IS 'Everybody''s first query: query, response, human_rating, created_at.';

CREATE VIEW split_sources AS
SELECT source FROM pull_state
WHERE kind <> 'feedback' AND (mapping->>'$.declared.fields.split') <> ''
UNION
SELECT source FROM interactions WHERE given_split IS NOT NULL GROUP BY source
HAVING bool_or(given_split ILIKE '%train%') AND NOT bool_and(given_split ILIKE '%train%');
COMMENT ON VIEW split_sources IS 'Sources whose split column is taken: it was named with --map, or has a train part and another one.';

CREATE VIEW examples AS
WITH project AS (
    SELECT max(value->>'$.task') AS task, coalesce(max(value->>'$.label_from'), 'column') AS label_from
    FROM settings WHERE name = 'project'
),
labelled AS (
    SELECT i.* REPLACE (CASE WHEN i.given_split = 'heldout' OR s.source IS NOT NULL
                             THEN i.given_split END AS given_split),
           p.task,
           -- Where the answer is the label, a corrected label corrects the answer.
           coalesce(c.value, CASE WHEN p.task = 'classification' AND p.label_from = 'response'
                                  THEN l.value END) AS correction,
           coalesce(l.value, CASE
               WHEN p.label_from = 'column' THEN i.label
               WHEN p.label_from = 'response' THEN trim(i.response)
               WHEN json_valid(i.response) THEN json_extract_string(i.response, p.label_from)
           END) AS current_label
    FROM interactions i
    CROSS JOIN project p
    LEFT JOIN split_sources s USING (source)
    LEFT JOIN corrections c ON c.interaction_id = i.interaction_id AND c.kind = 'correction'
    LEFT JOIN corrections l ON l.interaction_id = i.interaction_id AND l.kind = 'label'
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
                     coalesce(x.current_label, ''))) AS revision
FROM labelled x
LEFT JOIN conversations v ON v.example_id = x.interaction_id;
COMMENT ON COLUMN examples.conversation_id IS 'Source and session id; without one, the first call of the conversation found by hash chain.';
COMMENT ON COLUMN examples.revision IS 'Changes with anything that rules on content may read.';
COMMENT ON COLUMN examples.answer IS 'What is learned: the response, for classification the label.';
COMMENT ON COLUMN examples.given_split IS 'The split the source says, where it is taken; heldout for an imported evaluation set.';
COMMENT ON VIEW examples IS 'One candidate training item per call, with corrections and labels applied; ratings are in the view ratings.';
