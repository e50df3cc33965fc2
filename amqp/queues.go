// Package amqp says what happens to messages.
package amqp

import (
	"example.com/app/lib/broker"
	"example.com/app/lib/pg"
	"example.com/app/models"
)

// Example is the connection of AMQP_URL. Another one is added here and set by AMQP_URL_NAME.
const Example = broker.Connection(models.Exchange)

// Queues is the table of the consumers.
func Queues(db *pg.DB) []broker.Queue {
	students := students{store: models.NewStudents(db)}
	imports := models.NewStudentImports(db)
	history := history{store: models.NewStudentEvents(db)}

	return []broker.Queue{
		broker.Batch(Example, "main", students.createMany, broker.OnDead(imports.Died), broker.OnReplay(imports.Replayed)),
		broker.One(Example, "audit", history.record, broker.Bind("student.*")),
	}
}
