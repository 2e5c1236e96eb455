-- What people are asked, what they answered, and what follows from it.

CREATE TABLE tasks (
    task_key VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    example_id VARCHAR NOT NULL,
    other_id VARCHAR,
    content_hash VARCHAR NOT NULL,
    label_seen VARCHAR,
    round INTEGER NOT NULL,
    place INTEGER NOT NULL,
    detectors VARCHAR[] NOT NULL,
    score DOUBLE,
    why VARCHAR NOT NULL,
    suggested VARCHAR,
    audit BOOLEAN NOT NULL,
    kept BOOLEAN NOT NULL,
    side VARCHAR NOT NULL,
    blind BOOLEAN NOT NULL,
    prefill VARCHAR,
    swapped BOOLEAN NOT NULL,
    state VARCHAR NOT NULL,
    server VARCHAR,
    project_id BIGINT,
    task_id BIGINT,
    run_id INTEGER NOT NULL
);
COMMENT ON TABLE tasks IS 'The push ledger: each question to annotators, from the queue to the server; one row per task.';
COMMENT ON COLUMN tasks.task_key IS 'Hash of kind, examples, content and round; data.curate_id on the server.';
COMMENT ON COLUMN tasks.other_id IS 'The other answer of a preference.';
COMMENT ON COLUMN tasks.label_seen IS 'The label that the example had when it was queued; answers spread to exact duplicates that carry it.';
COMMENT ON COLUMN tasks.round IS 'From 1; one more whenever annotators disagreed and the example is asked again.';
COMMENT ON COLUMN tasks.place IS 'Rank in its queue, from 1.';
COMMENT ON COLUMN tasks.detectors IS 'What put it into the queue; recorded for audited examples too, of which annotators are told nothing.';
COMMENT ON COLUMN tasks.audit IS 'Drawn at random from the kept examples, whatever detectors say.';
COMMENT ON COLUMN tasks.kept IS 'It, or an exact duplicate, was in the next version when it was queued: an audit could have drawn it.';
COMMENT ON COLUMN tasks.blind IS 'No prefilled answer, no suggestion and no reason is shown.';
COMMENT ON COLUMN tasks.swapped IS 'Preference: the example is shown as B, not as A.';
COMMENT ON COLUMN tasks.prefill IS 'Which answer was filled in: given, model or none; null before it was handed over.';
COMMENT ON COLUMN tasks.state IS 'queued, pending (handed over, outcome unknown), sent, or gone (no longer where it was).';
COMMENT ON COLUMN tasks.server IS 'Address of the server that it was handed to, or file.';
COMMENT ON COLUMN tasks.task_id IS 'Its number on the server; null until the server has confirmed it.';

CREATE TABLE label_projects (
    server VARCHAR NOT NULL,
    project_id BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    config VARCHAR NOT NULL,
    config_digest VARCHAR NOT NULL,
    annotators INTEGER NOT NULL,
    gone BOOLEAN NOT NULL,
    synced_to TIMESTAMP,
    run_id INTEGER NOT NULL,
    PRIMARY KEY (server, project_id)
);
COMMENT ON TABLE label_projects IS 'Projects on Label Studio servers; the newest of a kind that is not gone is the one that is used.';
COMMENT ON COLUMN label_projects.config IS 'The labelling interface as it was sent last.';
COMMENT ON COLUMN label_projects.config_digest IS 'SHA-256 of the interface that the server had when it was last looked at; another one is noticed.';
COMMENT ON COLUMN label_projects.annotators IS 'How many people answer each task.';
COMMENT ON COLUMN label_projects.gone IS 'The server no longer has it.';
COMMENT ON COLUMN label_projects.synced_to IS 'Changes up to this moment, by the server''s clock, are in.';

CREATE TABLE annotators (annotator INTEGER NOT NULL, server VARCHAR NOT NULL, user_key VARCHAR NOT NULL);
COMMENT ON TABLE annotators IS 'Who answers: a number for each person, by the HMAC of the server''s user id.';

CREATE TABLE annotations (
    server VARCHAR NOT NULL,
    annotation_id BIGINT NOT NULL,
    task_key VARCHAR NOT NULL,
    annotator INTEGER NOT NULL,
    made_at TIMESTAMP,
    updated_at TIMESTAMP,
    skipped BOOLEAN NOT NULL,
    withdrawn BOOLEAN NOT NULL,
    seconds DOUBLE,
    origin VARCHAR,
    result JSON NOT NULL,
    digest VARCHAR NOT NULL,
    problem VARCHAR,
    run_id INTEGER NOT NULL
);
COMMENT ON TABLE annotations IS 'Answers as the server has them; one row per annotation.';
COMMENT ON COLUMN annotations.withdrawn IS 'Deleted on the server.';
COMMENT ON COLUMN annotations.seconds IS 'Time that the annotator took, by the server.';
COMMENT ON COLUMN annotations.origin IS 'prediction (the prefilled answer as it was), prediction-changed, or manual.';
COMMENT ON COLUMN annotations.digest IS 'What was stored of it, in one line; the same again changes nothing.';
COMMENT ON COLUMN annotations.problem IS 'Why nothing follows from it; null where it is understood.';

CREATE VIEW asked_tasks AS
SELECT t.*, a.task_key IS NOT NULL AS answered
FROM tasks t
LEFT JOIN (SELECT DISTINCT task_key FROM annotations WHERE NOT withdrawn) a USING (task_key)
WHERE t.state IN ('pending', 'sent') OR (t.state = 'gone' AND a.task_key IS NOT NULL);
COMMENT ON VIEW asked_tasks IS 'Tasks that were asked: handed over, or answered before the server lost them.';

CREATE TABLE annotation_history AS
SELECT *, 0::INTEGER AS replaced_run_id FROM annotations LIMIT 0;
COMMENT ON TABLE annotation_history IS 'What an annotation said before it was edited or deleted.';

CREATE TABLE decisions (
    example_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    value VARCHAR,
    annotator INTEGER NOT NULL,
    task_key VARCHAR NOT NULL,
    server VARCHAR NOT NULL,
    annotation_id BIGINT NOT NULL,
    content_hash VARCHAR NOT NULL,
    label_seen VARCHAR,
    made_at TIMESTAMP,
    withdrawn BOOLEAN NOT NULL DEFAULT false,
    run_id INTEGER NOT NULL,
    withdrawn_run_id INTEGER
);
COMMENT ON TABLE decisions IS 'What people decided about an example; a decision is withdrawn, never deleted or changed.';
COMMENT ON COLUMN decisions.kind IS 'relabel, correct, rate, prefer, spans, keep or drop.';
COMMENT ON COLUMN decisions.content_hash IS 'The content it is about; where the example has another one it is stale, and does not count.';

CREATE VIEW current_decisions AS
SELECT DISTINCT ON (d.example_id, d.annotator, about, t.other_id)
       d.*, t.other_id, CASE WHEN d.kind IN ('keep', 'drop', 'relabel') THEN 'verdict' ELSE d.kind END AS about,
       d.content_hash <> i.content_hash AS stale
FROM decisions d
JOIN interactions i ON i.interaction_id = d.example_id
LEFT JOIN tasks t USING (task_key)
WHERE NOT d.withdrawn
ORDER BY d.example_id, d.annotator, about, t.other_id, d.made_at DESC NULLS LAST, d.annotation_id DESC;
COMMENT ON VIEW current_decisions IS 'The newest decision of each annotator, per example and what it is about; of preferences, per pair.';

CREATE TABLE settled (
    example_id VARCHAR PRIMARY KEY,
    verdict VARCHAR,
    label VARCHAR,
    correction VARCHAR,
    rating DOUBLE,
    spans VARCHAR,
    annotator INTEGER,
    made_at TIMESTAMP,
    from_id VARCHAR
);
COMMENT ON TABLE settled IS 'What follows from all decisions that count, kept up to date with the inputs; one row per example.';
COMMENT ON COLUMN settled.verdict IS 'keep or drop.';
COMMENT ON COLUMN settled.rating IS 'The mean of what annotators gave, 1 to 5.';
COMMENT ON COLUMN settled.annotator IS 'One of those who decided label and verdict; made_at is the newest of their answers.';
COMMENT ON COLUMN settled.from_id IS 'Label and verdict are those of this exact duplicate of the input.';

CREATE TABLE settled_pairs (
    example_id VARCHAR NOT NULL,
    other_id VARCHAR NOT NULL,
    preferred VARCHAR NOT NULL,
    annotator INTEGER NOT NULL,
    made_at TIMESTAMP
);
COMMENT ON TABLE settled_pairs IS 'Which of two answers annotators prefer, kept up to date with the inputs; one row per pair.';
COMMENT ON COLUMN settled_pairs.preferred IS 'The better example of the two, tie, or both_bad.';

CREATE OR REPLACE VIEW ratings AS
SELECT DISTINCT ON (interaction_id) interaction_id, human_rating, value, rater_type, origin, created_at
FROM (
    SELECT interaction_id, 1 + 4 * rating_norm AS human_rating, value, rater_type, origin, created_at, run_id,
           feedback_id
    FROM feedback
    WHERE kind = 'rating' AND rating_norm IS NOT NULL AND rater_type IN ('human_user', 'human_expert')
    UNION ALL
    SELECT example_id, rating, rating::VARCHAR, 'human_expert', 'annotation', made_at, NULL, ''
    FROM settled WHERE rating IS NOT NULL
)
ORDER BY interaction_id, origin = 'annotation' DESC, rater_type = 'human_expert' DESC, origin = 'file' DESC,
         created_at DESC NULLS LAST, run_id DESC, feedback_id;
COMMENT ON VIEW ratings IS 'The human rating that counts, 1 to 5: annotators over experts over users, later feedback over the log''s own, newest first.';

CREATE VIEW base_labels AS
SELECT i.interaction_id,
       coalesce(l.value, CASE
           WHEN p.label_from = 'column' THEN i.label
           WHEN p.label_from = 'response' THEN trim(i.response)
           WHEN json_valid(i.response) THEN json_extract_string(i.response, p.label_from)
       END) AS label,
       l.value AS corrected
FROM interactions i
CROSS JOIN (SELECT coalesce(max(value->>'$.label_from'), 'column') AS label_from FROM settings WHERE name = 'project') p
LEFT JOIN corrections l ON l.interaction_id = i.interaction_id AND l.kind = 'label';
COMMENT ON VIEW base_labels IS 'The label of each interaction before annotators say otherwise: corrected, or as logged.';

CREATE VIEW preferences AS
SELECT loser, min(annotator) AS annotator, max(made_at) AS made_at
FROM (
    SELECT unnest(CASE preferred WHEN example_id THEN [other_id] WHEN other_id THEN [example_id]
                       WHEN 'both_bad' THEN [example_id, other_id] ELSE [] END) AS loser, annotator, made_at
    FROM settled_pairs
)
GROUP BY loser;
COMMENT ON VIEW preferences IS 'Answers that annotators found worse than another one, or bad; one row per loser.';

CREATE OR REPLACE VIEW examples AS
WITH project AS (
    SELECT max(value->>'$.task') AS task, coalesce(max(value->>'$.label_from'), 'column') AS label_from
    FROM settings WHERE name = 'project'
),
labelled AS (
    SELECT i.* REPLACE (CASE WHEN i.given_split = 'heldout' OR s.source IS NOT NULL
                             THEN i.given_split END AS given_split),
           p.task,
           -- Where the answer is the label, a corrected label corrects the answer.
           coalesce(a.correction, c.value, CASE WHEN p.task = 'classification' AND p.label_from = 'response'
                                                THEN coalesce(a.label, l.value) END) AS correction,
           coalesce(a.label, l.value, CASE
               WHEN p.label_from = 'column' THEN i.label
               WHEN p.label_from = 'response' THEN trim(i.response)
               WHEN json_valid(i.response) THEN json_extract_string(i.response, p.label_from)
           END) AS current_label
    FROM interactions i
    CROSS JOIN project p
    LEFT JOIN split_sources s USING (source)
    LEFT JOIN corrections c ON c.interaction_id = i.interaction_id AND c.kind = 'correction'
    LEFT JOIN corrections l ON l.interaction_id = i.interaction_id AND l.kind = 'label'
    LEFT JOIN settled a ON a.example_id = i.interaction_id
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
COMMENT ON VIEW examples IS 'One candidate training item per call, with corrections, labels and decisions applied; ratings are in the view ratings.';

CREATE VIEW hand_labels AS
SELECT interaction_id AS example_id FROM corrections WHERE kind = 'label'
UNION
SELECT example_id FROM settled WHERE label IS NOT NULL OR verdict = 'keep';
COMMENT ON VIEW hand_labels IS 'Examples whose label a human gave or confirmed: believed, never suspected.';
