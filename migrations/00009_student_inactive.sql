-- +goose Up

-- Inactive students are few: without it a page of them is looked for among all.
CREATE INDEX student_inactive ON student (id) WHERE NOT active;

-- +goose Down
DROP INDEX student_inactive;
