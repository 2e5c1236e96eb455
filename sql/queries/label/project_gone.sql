-- Notes that a server no longer has a project.
UPDATE label_projects SET gone = true WHERE server = $server AND project_id = $project_id
