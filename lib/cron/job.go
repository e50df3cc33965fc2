// Package cron runs jobs at their time, each tick once, however many replicas there are:
// gocron says when, the table schedule_run says who.
package cron

import (
	"context"
	"encoding/json"
	"fmt"
)

// Job is an entry of the table of jobs. Its name is the key of its history: renaming a job starts a new one.
type Job struct {
	Name     string
	Schedule Schedule
	Task     Task
	Missed   Missed
}

// Missed is how many of the ticks that came while no scheduler could claim them are made up for, the newest ones.
// The zero value skips them all: a tick that is late by more than a lease is let pass, with a warning in the log.
type Missed int

// Once makes up for any number of missed ticks by one run.
const Once Missed = 1

// All makes up for each missed tick, one after the other, oldest first, up to bound of them.
func All(bound int) Missed { return Missed(bound) }

// Task is the work of a job, cut into chunks.
type Task struct {
	start func(ctx context.Context) (json.RawMessage, error)
	step  func(ctx context.Context, at json.RawMessage) (next json.RawMessage, more bool, err error)
}

// Chunks cuts work into transactions. P is the position, kept as JSON with the run: what start returns is stored
// before the first step, and each step's next together with what the step did through the context's transaction.
// So an interrupted run goes on, on any replica, where it was. A step must heed its context and end well within the
// lease, since its transaction holds the run's row. What it does outside the transaction may happen twice.
func Chunks[P any](start func(ctx context.Context) (P, error), step func(ctx context.Context, at P) (next P, more bool, err error)) Task {
	return Task{
		start: func(ctx context.Context) (json.RawMessage, error) {
			at, err := start(ctx)
			if err != nil {
				return nil, err
			}
			return json.Marshal(at)
		},
		step: func(ctx context.Context, position json.RawMessage) (json.RawMessage, bool, error) {
			var at P
			if err := json.Unmarshal(position, &at); err != nil {
				return nil, false, fmt.Errorf("read position %s: %w", position, err)
			}

			next, more, err := step(ctx, at)
			if err != nil {
				return nil, false, err
			}
			position, err = json.Marshal(next)
			return position, more, err
		},
	}
}
