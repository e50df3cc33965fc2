package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"example.com/app/amqp"
	"example.com/app/lib/broker"
	"example.com/app/lib/broker/memory"
	"example.com/app/lib/broker/rabbit"
)

func (d *Deps) openBrokers(m mode) error {
	if m.needsBroker && d.Settings.AMQPURL == "" {
		return errors.New("open RabbitMQ: set AMQP_URL, for instance to amqp://USER:PASSWORD@HOST:5672/VHOST")
	}

	for name, url := range d.Settings.brokers() {
		driver, err := openBroker(name, url, m, d.Log)
		if err != nil {
			return err
		}
		d.Brokers[name] = driver
	}
	return nil
}

func openBroker(name broker.Connection, url string, m mode, log *slog.Logger) (broker.Driver, error) {
	if url == inMemory {
		return memory.New(log), nil
	}

	driver, err := rabbit.Open(rabbit.Options{Name: string(name), URL: url, ConnectionName: "app " + m.name, Log: log})
	if err != nil {
		return nil, fmt.Errorf("open RabbitMQ: %w: check %s", err, urlSetting(name))
	}
	return driver, nil
}

// inMemory stands for AMQP_URL where nobody has set it and messages need not survive.
const inMemory = "memory"

// brokers are the connections that have a URL.
func (s *Settings) brokers() map[broker.Connection]string {
	urls := map[broker.Connection]string{}
	if s.AMQPURL != "" {
		urls[amqp.Example] = s.AMQPURL
	}
	for name, url := range s.AMQPURLs {
		urls[broker.Connection(name)] = url
	}
	return urls
}

func urlSetting(name broker.Connection) string {
	if name == amqp.Example {
		return "AMQP_URL"
	}
	return "AMQP_URL_" + strings.ToUpper(string(name))
}

func (d *Deps) awaitBrokers(ctx context.Context) error {
	for name, driver := range d.Brokers {
		if driver.State().Connected {
			continue
		}
		d.Log.Info("waiting for a server", "server", "RabbitMQ "+string(name))
		if err := driver.Ready(ctx); err != nil {
			return fmt.Errorf("wait for RabbitMQ %s: %w; check %s", name, err, urlSetting(name))
		}
	}
	return nil
}
