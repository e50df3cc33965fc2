-- +goose Up

-- What a consumer has done already: written in the transaction of the effect.
CREATE TABLE inbox (
    consumer     text        NOT NULL, -- the queue's full name
    message_id   text        NOT NULL,
    body_hash    bytea       NOT NULL, -- SHA-256
    processed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, message_id)
);

CREATE INDEX inbox_processed ON inbox (processed_at);

-- What is to be published: written in the transaction of the change.
CREATE TABLE outbox (
    seq             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id      uuid        NOT NULL, -- UUIDv7: unlike seq it never comes again after a restore
    key             text        NOT NULL, -- rows of one key and exchange leave in their order
    exchange        text        NOT NULL, -- also the name of the connection
    routing_key     text        NOT NULL,
    type            text        NOT NULL DEFAULT '',
    correlation_id  text        NOT NULL DEFAULT '',
    headers         jsonb       NOT NULL DEFAULT '{}', -- of strings: traceparent
    body            jsonb       NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    attempts        integer     NOT NULL DEFAULT 0, -- refused or returned so often
    next_attempt_at timestamptz,
    sent_at         timestamptz,

    -- What no message can carry is refused here, before it holds up the rows behind it.
    CHECK (jsonb_typeof(headers) = 'object'),
    CHECK (greatest(octet_length(exchange), octet_length(routing_key), octet_length(type), octet_length(correlation_id)) <= 255)
);

CREATE INDEX outbox_unsent ON outbox (exchange, seq) WHERE sent_at IS NULL;
CREATE INDEX outbox_held ON outbox (exchange, next_attempt_at) WHERE sent_at IS NULL AND next_attempt_at IS NOT NULL;
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;

-- +goose Down
DROP TABLE outbox;
DROP TABLE inbox;
