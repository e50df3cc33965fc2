-- +goose Up
CREATE TABLE student_event (
    id         bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    student_id bigint       NOT NULL,
    version    bigint       NOT NULL,
    event      text         NOT NULL,
    at         timestamptz  NOT NULL,
    name       varchar(255) NOT NULL, -- this and the following: the student as the event left it
    active     boolean      NOT NULL,
    created_at timestamptz  NOT NULL,
    updated_at timestamptz  NOT NULL,
    UNIQUE (student_id, version)
);

-- +goose Down
DROP TABLE student_event;
