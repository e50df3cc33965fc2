package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/outbox"
	"example.com/app/lib/broker/rabbit"
	"example.com/app/lib/pg"
)

const (
	childDatabase = "OUTBOX_TEST_DATABASE"
	childBroker   = "OUTBOX_TEST_BROKER"
)

// child is a relay in a process of its own.
func child(ctx context.Context) int {
	if err := relay(ctx); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func relay(ctx context.Context) error {
	log := slog.New(slog.NewTextHandler(os.Stdout, nil))
	db, err := pg.Open(ctx, pg.Options{URL: os.Getenv(childDatabase), Name: "child", Max: 2})
	if err != nil {
		return err
	}
	b, err := rabbit.Open(rabbit.Options{Name: "example", URL: os.Getenv(childBroker), ConnectionName: "child", Log: log})
	if err != nil {
		return err
	}
	return outbox.NewRelay(outbox.Options{
		DB: db, Drivers: map[broker.Connection]broker.Driver{"example": b}, Log: log,
	}).Run(ctx)
}
