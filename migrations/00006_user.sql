-- +goose Up
CREATE TABLE app_user (
    id            bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email         varchar(254) NOT NULL UNIQUE, -- trimmed and in lower case
    password_hash text         NOT NULL,        -- argon2id, as a PHC string
    role          text         NOT NULL CHECK (role IN ('reader', 'editor', 'admin')),
    active        boolean      NOT NULL DEFAULT true,
    created_at    timestamptz  NOT NULL DEFAULT now(),
    updated_at    timestamptz  NOT NULL DEFAULT now(),
    version       bigint       NOT NULL DEFAULT 1
);

-- One log-in, on one device. What has ended is deleted.
CREATE TABLE session (
    id         uuid        PRIMARY KEY,
    user_id    bigint      NOT NULL REFERENCES app_user,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL -- put off with each refresh
);

CREATE INDEX session_user_id ON session (user_id);
CREATE INDEX session_expires ON session (expires_at);

-- At most one token of a session is unused. The used ones stay for a while, to know a stolen one by.
CREATE TABLE refresh_token (
    hash       bytea       PRIMARY KEY, -- SHA-256
    session_id uuid        NOT NULL REFERENCES session ON DELETE CASCADE,
    used_at    timestamptz
);

CREATE INDEX refresh_token_session ON refresh_token (session_id);
CREATE INDEX refresh_token_used ON refresh_token (used_at) WHERE used_at IS NOT NULL;

-- +goose Down
DROP TABLE refresh_token;
DROP TABLE session;
DROP TABLE app_user;
