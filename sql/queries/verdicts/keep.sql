-- Copies the verdicts into the new file that keeps them; one row per row of each.
CREATE TABLE fresh.main.plan AS FROM plan;
CREATE TABLE fresh.main.excluded AS FROM excluded;
CREATE TABLE fresh.main.passing AS FROM passing;
CREATE TABLE fresh.main.duplicates AS FROM duplicates;
CREATE TABLE fresh.main.heads AS FROM heads;
CREATE TABLE fresh.main.verdicts AS FROM verdicts;
CREATE TABLE fresh.main.suspects AS FROM suspects;
CREATE TABLE fresh.main.issues AS FROM issues;
