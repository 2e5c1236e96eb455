-- Notes which label is suggested on the page of a task.
UPDATE tasks SET suggested = $suggested WHERE task_key = $task_key
