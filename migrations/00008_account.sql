-- +goose Up
CREATE TABLE account (
    id         uuid         PRIMARY KEY, -- UUIDv7: in the order of creation
    name       varchar(255) NOT NULL,
    created_at timestamptz  NOT NULL DEFAULT now()
);

CREATE TABLE account_order (
    id           uuid        NOT NULL, -- UUIDv7
    account_id   uuid        NOT NULL REFERENCES account,
    amount_cents bigint      NOT NULL CHECK (amount_cents BETWEEN 0 AND 9007199254740991),
    currency     text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'), -- ISO 4217
    status       text        NOT NULL CHECK (status IN ('pending', 'paid', 'cancelled')),
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, id) -- finds an order by its account only, and lists those of one
);

-- +goose Down
DROP TABLE account_order;
DROP TABLE account;
