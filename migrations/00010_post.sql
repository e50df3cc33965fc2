-- +goose Up
CREATE TABLE post (
    id              uuid         PRIMARY KEY, -- UUIDv7: in the order of creation
    title           varchar(255) NOT NULL,
    content         text         NOT NULL CHECK (char_length(content) <= 20000),
    additional_data jsonb        NOT NULL CHECK (jsonb_typeof(additional_data) = 'object')
);

CREATE TABLE post_feature (
    id           uuid         NOT NULL, -- UUIDv7
    post_id      uuid         NOT NULL REFERENCES post,
    feature_name varchar(255) NOT NULL,
    is_active    boolean      NOT NULL,
    PRIMARY KEY (post_id, id)
);

-- +goose Down
DROP TABLE post_feature;
DROP TABLE post;
