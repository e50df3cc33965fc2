-- +goose Up

-- What a consumer has done already: written in the transaction of the effect.
CREATE TABLE inbox (
    consumer     text        NOT NULL, -- the queue's full name
    message_id   text        NOT NULL,
    body_hash    bytea       NOT NULL, -- SHA-256
    processed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, message_id)
);

CREATE INDEX inbox_processed ON inbox USING brin (processed_at);

-- What is to be published: written in the transaction of the change.
CREATE TABLE outbox (
    seq             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id      uuid        NOT NULL, -- UUIDv7: unlike seq it never comes again after a restore
    key             text        NOT NULL, -- rows of one key leave in their order
    exchange        text        NOT NULL, -- also the name of the connection
    routing_key     text        NOT NULL,
    type            text        NOT NULL DEFAULT '',
    correlation_id  text        NOT NULL DEFAULT '',
    headers         jsonb       NOT NULL DEFAULT '{}', -- of strings: traceparent
    body            jsonb       NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    attempts        integer     NOT NULL DEFAULT 0, -- refused or returned so often
    next_attempt_at timestamptz,
    sent_at         timestamptz
);

CREATE INDEX outbox_unsent ON outbox (seq) WHERE sent_at IS NULL;
CREATE INDEX outbox_sent ON outbox USING brin (sent_at);

-- +goose Down
DROP TABLE outbox;
DROP TABLE inbox;
