-- +goose Up
CREATE TABLE student (
    id         bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       varchar(255) NOT NULL,
    active     boolean      NOT NULL DEFAULT true,
    created_at timestamptz  NOT NULL DEFAULT now(),
    updated_at timestamptz  NOT NULL DEFAULT now(),
    version    bigint       NOT NULL DEFAULT 1
);

-- The list filters by a prefix of the name, whatever its case.
CREATE INDEX student_name_prefix ON student (lower(name) text_pattern_ops);

-- +goose Down
DROP TABLE student;
