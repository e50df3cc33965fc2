package main

import (
	"context"
	"errors"
	"os"
	"sync"

	"example.com/app/lib/pg/embedded"
	"example.com/app/lib/testenv"
)

// servers are those that the environment does not name.
type servers struct {
	postgres *embedded.Server
	rabbitmq *testenv.RabbitMQ
}

// start runs both at the same time.
func (s *servers) start(ctx context.Context) error {
	var wg sync.WaitGroup
	var postgresErr, rabbitErr error
	if os.Getenv("TEST_DATABASE_URL") == "" {
		wg.Go(func() { s.postgres, postgresErr = testenv.StartPostgres(ctx) })
	}
	if os.Getenv("TEST_AMQP_URL") == "" {
		wg.Go(func() { s.rabbitmq, rabbitErr = testenv.StartRabbitMQ(ctx) })
	}
	wg.Wait()
	return errors.Join(postgresErr, rabbitErr)
}

// environ is this process's environment and the servers' addresses.
func (s *servers) environ() []string {
	environ := os.Environ()
	if s.postgres != nil {
		environ = append(environ, "TEST_DATABASE_URL="+s.postgres.URL())
	}
	if s.rabbitmq != nil {
		environ = append(environ, "TEST_AMQP_URL="+s.rabbitmq.URL(), "TEST_AMQP_MANAGEMENT_URL="+s.rabbitmq.Management())
	}
	return environ
}

func (s *servers) stop() error {
	var postgresErr, rabbitErr error
	if s.postgres != nil {
		postgresErr = s.postgres.Stop()
	}
	if s.rabbitmq != nil {
		rabbitErr = s.rabbitmq.Stop()
	}
	return errors.Join(postgresErr, rabbitErr)
}
