package amqp

import (
	"example.com/app/lib/broker"
	"example.com/app/models"
	"example.com/app/schemas"
)

// Events is the table of what is published for everybody: models write it in the statement of the change.
func Events() []broker.Event {
	return []broker.Event{
		{Connection: Example, Name: models.StudentCreated, Summary: "A student was created.", Payload: schemas.StudentEvent{}},
		{Connection: Example, Name: models.StudentUpdated, Summary: "A student was changed, or made active again.", Payload: schemas.StudentEvent{}},
		{Connection: Example, Name: models.StudentDeactivated, Summary: "A student was made inactive.", Payload: schemas.StudentEvent{}},
	}
}
