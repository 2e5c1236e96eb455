-- Remembers up to when the answers of a project are in.
UPDATE label_projects SET synced_to = $synced_to WHERE server = $server AND project_id = $project_id
