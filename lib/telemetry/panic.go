package telemetry

import (
	"fmt"
	"runtime/debug"
)

// PanicError is a panic on its way to the log. It wraps the panic's value where that is an error.
type PanicError struct {
	value any
	stack string
}

// Recovered makes an error of what recover has answered, in the function that has called it: the stack still shows who
// panicked.
func Recovered(value any) *PanicError { return &PanicError{value, string(debug.Stack())} }

func (p *PanicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

func (p *PanicError) Unwrap() error {
	err, _ := p.value.(error)
	return err
}

// Stack is what debug.Stack prints, from the panic down.
func (p *PanicError) Stack() string { return p.stack }
