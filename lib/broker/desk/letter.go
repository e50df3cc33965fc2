package desk

import (
	"cmp"
	"time"

	"example.com/app/lib/broker"
)

// Letter is what a person needs to know of a dead message.
type Letter struct {
	ID             string `json:"id"`
	Reason         string `json:"reason"`
	Attempts       int    `json:"attempts"`
	Replays        int    `json:"replays"`
	FirstFailedAt  string `json:"first_failed_at"`
	OriginExchange string `json:"origin_exchange"`
	OriginKey      string `json:"origin_key"`
	Error          string `json:"error"`
	ErrorClass     string `json:"error_class"`
	Body           string `json:"body"`
}

func newLetter(d broker.Delivery) Letter {
	return Letter{
		ID:             d.ID,
		Reason:         reasonOf(d),
		Attempts:       d.Attempts(),
		Replays:        d.Replays(),
		FirstFailedAt:  text(d, broker.HeaderFirstFailedAt),
		OriginExchange: text(d, broker.HeaderOriginExchange),
		OriginKey:      text(d, broker.HeaderOriginKey),
		Error:          text(d, broker.HeaderError),
		ErrorClass:     text(d, broker.HeaderErrorClass),
		Body:           string(d.Body),
	}
}

// reasonOf is the broker's own word where it moved the message by itself.
func reasonOf(d broker.Delivery) string {
	return cmp.Or(text(d, broker.HeaderReason), text(d, "x-first-death-reason"))
}

func text(d broker.Delivery, header string) string {
	s, _ := d.Headers[header].(string)
	return s
}

// since is when the message was there at the latest; zero when it does not tell.
func since(d broker.Delivery) time.Time {
	if t, err := time.Parse(time.RFC3339, text(d, broker.HeaderFirstFailedAt)); err == nil {
		return t
	}
	return d.Timestamp
}

// Filter picks letters by what it names; one that names nothing picks none, but for All.
type Filter struct {
	ID     string `json:"id,omitempty"`
	Reason string `json:"reason,omitempty"`
	All    bool   `json:"all,omitempty"`
}

func (f Filter) picks(d broker.Delivery) bool {
	if f.ID == "" && f.Reason == "" {
		return f.All
	}
	return (f.ID == "" || f.ID == d.ID) && (f.Reason == "" || f.Reason == reasonOf(d))
}
