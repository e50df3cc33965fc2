package chaos_test

import (
	"fmt"
	"sync"
	"time"

	"example.com/app/lib/broker"
)

// message is one for the main queue.
type message struct{ id, body string }

// student asks for the student of that number; another kind keeps numbers of one test apart.
func student(kind string, n int) message {
	return message{id: fmt.Sprintf("%s-%06d", kind, n), body: fmt.Sprintf(`{"name": "%s"}`, nameOf(kind, n))}
}

func nameOf(kind string, n int) string { return fmt.Sprintf("%s %06d", kind, n) }

// studentsOf are n messages and the names that they ask for.
func studentsOf(kind string, n int) (messages []message, names []string) {
	for i := range n {
		messages = append(messages, student(kind, i))
		names = append(names, nameOf(kind, i))
	}
	return messages, names
}

const publishers = 16

// publish returns once the broker has confirmed every message.
func (w *world) publish(messages []message) {
	w.Helper()
	w.send(mainQueue, messages, nil)
}

func (w *world) send(queue string, messages []message, headers map[string]any) {
	w.Helper()
	todo := make(chan message)
	var all sync.WaitGroup
	for range publishers {
		all.Go(func() {
			for m := range todo {
				e := broker.Envelope{ID: m.id, Body: []byte(m.body), Headers: headers, ContentType: "application/json", Timestamp: time.Now()}
				if err := w.mouth.Publish(w.Context(), "", queue, e); err != nil {
					w.Errorf("publish %s to %s: %v", m.id, queue, err)
				}
			}
		})
	}

	for _, m := range messages {
		todo <- m
	}
	close(todo)
	all.Wait()
}
