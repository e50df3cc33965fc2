-- +goose Up
CREATE TABLE student_import (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    refused    integer     NOT NULL, -- rows that became no message
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE student_import_row (
    message_id uuid        PRIMARY KEY, -- of the message that the row became
    import_id  bigint      NOT NULL REFERENCES student_import,
    number     integer     NOT NULL,
    state      text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'created', 'dead')),
    settled_at timestamptz
) WITH (fillfactor = 50); -- each row is updated once, beside itself and past the indexes

CREATE INDEX student_import_row_import ON student_import_row (import_id);

-- The first refused rows, with the reason; student_import has the count of all.
CREATE TABLE student_import_refusal (
    import_id bigint  NOT NULL REFERENCES student_import,
    number    integer NOT NULL,
    reason    text    NOT NULL,
    PRIMARY KEY (import_id, number)
);

-- +goose Down
DROP TABLE student_import_refusal;
DROP TABLE student_import_row;
DROP TABLE student_import;
