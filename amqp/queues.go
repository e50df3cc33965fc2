// Package amqp says what happens to messages.
package amqp

import (
	"example.com/app/lib/broker"
	"example.com/app/lib/pg"
	"example.com/app/models"
)

// Example is the connection of AMQP_URL. Another one is added here and set by AMQP_URL_NAME.
const Example = broker.Connection("example")

// Queues is the table of the consumers.
func Queues(db *pg.DB) []broker.Queue {
	students := students{store: models.NewStudents(db)}

	return []broker.Queue{
		broker.One(Example, "main", students.create),
	}
}
