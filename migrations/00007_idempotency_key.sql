-- +goose Up

-- How requests with an Idempotency-Key were answered: written in the transaction of the effect.
CREATE TABLE idempotency_key (
    user_id      bigint      NOT NULL, -- 0: nobody had logged in
    route        text        NOT NULL, -- the method and the path's pattern
    key          text        NOT NULL,
    request_hash bytea       NOT NULL, -- SHA-256
    status       smallint    NOT NULL,
    header       jsonb       NOT NULL, -- of strings
    body         bytea, -- none: the answer had none
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, route, key)
);

CREATE INDEX idempotency_key_created ON idempotency_key (created_at);

-- +goose Down
DROP TABLE idempotency_key;
