-- +goose Up
CREATE TABLE schedule_run (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job          text        NOT NULL,
    scheduled_at timestamptz NOT NULL,
    manual       boolean     NOT NULL DEFAULT false,
    started_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    host         text        NOT NULL,
    outcome      text        NOT NULL DEFAULT 'running'
                 CHECK (outcome IN ('running', 'done', 'failed', 'lost', 'skipped')),
    error        text,
    position     jsonb,
    holder       text,                          -- whose claim it is; none: released
    epoch        integer     NOT NULL DEFAULT 1, -- grows with every holder
    lease_until  timestamptz NOT NULL,          -- released: when it may go on
    takeovers    integer     NOT NULL DEFAULT 0,
    failures     integer     NOT NULL DEFAULT 0,
    UNIQUE (job, scheduled_at),
    CHECK ((outcome = 'running') = (finished_at IS NULL))
);

-- A job never overlaps itself, on any host.
CREATE UNIQUE INDEX schedule_run_unfinished ON schedule_run (job) WHERE finished_at IS NULL;

-- +goose Down
DROP TABLE schedule_run;
