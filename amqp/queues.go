// Package amqp says what happens to messages.
package amqp

import (
	"example.com/app/lib/broker"
	"example.com/app/lib/pg"
	"example.com/app/models"
)

// example is the connection that AMQP_URL names; its queues and its exchange begin with this word.
const example = broker.Connection("example")

// Queues is the table of the consumers.
func Queues(db *pg.DB) []broker.Queue {
	students := students{store: models.NewStudents(db)}

	return []broker.Queue{
		broker.One(example, "main", students.create),
	}
}
