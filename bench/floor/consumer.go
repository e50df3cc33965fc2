package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5/pgxpool"
	amqp "github.com/rabbitmq/amqp091-go"
)

// handlers at once are as many as the service has by default on two processors.
const handlers = 16

type consumer struct {
	pool       *pgxpool.Pool
	deliveries <-chan amqp.Delivery
}

func consume(ctx context.Context, url, queue, database string) error {
	pool, err := open(ctx, database)
	if err != nil {
		return err
	}
	conn, err := amqp.Dial(url)
	if err != nil {
		return err
	}
	channel, err := conn.Channel()
	if err != nil {
		return err
	}
	if err := channel.Qos(2*handlers, 0, false); err != nil {
		return err
	}
	deliveries, err := channel.ConsumeWithContext(ctx, queue, "", false, false, false, false, nil)
	if err != nil {
		return err
	}

	c, ended := consumer{pool, deliveries}, make(chan error)
	for range handlers {
		go func() { ended <- c.work(ctx) }()
	}
	return <-ended
}

func (c consumer) work(ctx context.Context) error {
	for d := range c.deliveries {
		if err := c.handle(ctx, d); err != nil {
			return err
		}
	}
	return errors.New("the deliveries ended")
}

func (c consumer) handle(ctx context.Context, d amqp.Delivery) error {
	var in struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(d.Body, &in); err != nil {
		return err
	}
	if _, err := c.pool.Exec(ctx, "INSERT INTO student (name) VALUES ($1)", in.Name); err != nil {
		return err
	}
	return d.Ack(false)
}
