package amqp

import "example.com/app/models"

// Permanent lists the errors that no repetition mends: their messages go to the dead queue at once.
func Permanent() []error {
	return []error{models.ErrInvalid}
}
