package rabbit

import (
	"fmt"
	"strconv"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/app/lib/broker"
)

// longestName is what a short string of the protocol holds. amqp091 closes the whole connection over a longer one.
const longestName = 255

const deliveryCount = "x-delivery-count"

func checkNames(names ...string) error {
	for _, name := range names {
		if len(name) > longestName {
			return fmt.Errorf("%.40q… is longer than %d bytes", name, longestName)
		}
	}
	return nil
}

// publishing is e as the protocol has it.
func publishing(e broker.Envelope) (amqp.Publishing, error) {
	if err := checkNames(e.ID, e.CorrelationID, e.Type, e.ContentType); err != nil {
		return amqp.Publishing{}, err
	}

	headers, err := table(e.Headers)
	if err != nil {
		return amqp.Publishing{}, err
	}
	return amqp.Publishing{
		MessageId:     e.ID,
		CorrelationId: e.CorrelationID,
		Type:          e.Type,
		ContentType:   e.ContentType,
		Timestamp:     e.Timestamp,
		Expiration:    expiration(e.Expiration),
		DeliveryMode:  amqp.Persistent,
		Headers:       headers,
		Body:          e.Body,
	}, nil
}

// expiration rounds up: "0" would mean at once.
func expiration(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return strconv.FormatInt((d + time.Millisecond - 1).Milliseconds(), 10)
}

// table refuses what the protocol cannot carry, before it costs the connection.
func table(headers map[string]any) (amqp.Table, error) {
	t := make(amqp.Table, len(headers))
	for name, value := range headers {
		if err := checkNames(name); err != nil {
			return nil, fmt.Errorf("header %w", err)
		}
		field, err := field(value)
		if err != nil {
			return nil, err
		}
		t[name] = field
	}
	return t, t.Validate()
}

func field(value any) (any, error) {
	switch v := value.(type) {
	case int: // amqp091 would cut it to 32 bits
		return int64(v), nil
	case map[string]any:
		return table(v)
	case []any:
		fields := make([]any, len(v))
		for i := range v {
			var err error
			if fields[i], err = field(v[i]); err != nil {
				return nil, err
			}
		}
		return fields, nil
	}
	return value, nil
}

// delivery is d as the port has it; it settles on the channel that brought it.
func delivery(l *ledger, d amqp.Delivery) broker.Delivery {
	ttl, _ := strconv.ParseInt(d.Expiration, 10, 64)
	e := broker.Envelope{
		ID:            d.MessageId,
		CorrelationID: d.CorrelationId,
		Type:          d.Type,
		ContentType:   d.ContentType,
		Timestamp:     d.Timestamp,
		Expiration:    time.Duration(ttl) * time.Millisecond,
		Headers:       plain(d.Headers),
		Body:          d.Body,
	}
	if !e.Timestamp.IsZero() {
		e.Timestamp = e.Timestamp.UTC()
	}

	returns, _ := e.Headers[deliveryCount].(int64)
	delete(e.Headers, deliveryCount) // the server's, of this delivery
	return broker.NewDelivery(e, d.Exchange, d.RoutingKey, int(returns), l.enter(d.DeliveryTag))
}

// plain has no types of amqp091 in it.
func plain(t amqp.Table) map[string]any {
	headers := make(map[string]any, len(t))
	for name, value := range t {
		headers[name] = plainField(value)
	}
	return headers
}

func plainField(value any) any {
	switch v := value.(type) {
	case amqp.Table:
		return plain(v)
	case []any:
		fields := make([]any, len(v))
		for i := range v {
			fields[i] = plainField(v[i])
		}
		return fields
	}
	return value
}
