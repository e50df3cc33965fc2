package broker

import (
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode/utf8"
)

// The headers that the machinery writes. None begins with "x-": those are the broker's own.
const (
	HeaderAttempt        = "app-attempt"         // how often handling has failed, int64
	HeaderReason         = "app-reason"          // why the message is dead
	HeaderError          = "app-error"           // the last error, at most 1 KiB
	HeaderErrorClass     = "app-error-class"     // its kind: SQLSTATE or Go type
	HeaderFirstFailedAt  = "app-first-failed-at" // RFC 3339
	HeaderOriginExchange = "app-origin-exchange" // where the message was first published
	HeaderOriginKey      = "app-origin-key"      // and under which routing key
	HeaderReplays        = "app-replays"         // how often somebody sent the message back from the dead, int64
	HeaderDropped        = "app-dropped"         // which headers were too large to come along
)

// HeaderTraceparent names the span that sent a message, as W3C Trace Context does.
const HeaderTraceparent = "traceparent"

const (
	reasonExhausted = "exhausted"
	reasonPermanent = "permanent"
	reasonMalformed = "malformed"
	reasonPanic     = "panic"
	reasonCrash     = "crash"
	reasonReused    = "id-reused"
)

// Reasons are what a message can die of: ours, and then the broker's own where it moved the message by itself.
func Reasons() []string {
	return []string{
		reasonExhausted, reasonPermanent, reasonMalformed, reasonPanic, reasonCrash, reasonReused,
		"expired", "maxlen", "delivery_limit", "rejected",
	}
}

const maxError = 1024 // bytes of app-error

// Attempts tells how often handling the message has failed so far.
func (e Envelope) Attempts() int { return count(e.Headers[HeaderAttempt]) }

// Replays tells how often the message has gone back from the dead to its queue.
func (e Envelope) Replays() int { return count(e.Headers[HeaderReplays]) }

func count(header any) int {
	switch n := header.(type) {
	case int64:
		return int(max(n, 0))
	case int32:
		return int(max(n, 0))
	case int:
		return max(n, 0)
	}
	return 0
}

// forwarded is d's envelope for publishing it again: what the broker noted on it is gone, because a copied
// x-death makes the broker drop the message as a cycle, headers that no frame would hold are dropped, and it remembers
// where it came from.
func forwarded(d Delivery) Envelope {
	e := d.Envelope
	e.Expiration = 0
	e.Headers = maps.Clone(d.Headers)
	if e.Headers == nil {
		e.Headers = make(map[string]any)
	}

	maps.DeleteFunc(e.Headers, func(name string, _ any) bool { return isBrokers(name) })
	delete(e.Headers, HeaderReason)
	slim(e.Headers)
	keep(e.Headers, HeaderOriginExchange, d.Exchange)
	keep(e.Headers, HeaderOriginKey, d.Key)
	return e
}

func isBrokers(header string) bool {
	switch header {
	case "x-death", "x-delivery-count", "x-acquired-count", "CC", "BCC":
		return true
	}
	return strings.HasPrefix(header, "x-first-death-") || strings.HasPrefix(header, "x-last-death-")
}

// failed is forwarded with one more attempt and what went wrong with it.
func failed(d Delivery, err error) Envelope {
	e := forwarded(d)
	e.Headers[HeaderAttempt] = int64(d.Attempts() + 1)
	e.Headers[HeaderError] = shorten(errorText(err, e.Headers[HeaderDropped]))
	e.Headers[HeaderErrorClass] = classOf(err)
	keep(e.Headers, HeaderFirstFailedAt, time.Now().UTC().Format(time.RFC3339))
	return e
}

func errorText(err error, dropped any) string {
	if dropped == nil {
		return err.Error()
	}
	return fmt.Sprint(dropped, ": ", err)
}

func keep(headers map[string]any, name, value string) {
	if _, ok := headers[name]; !ok {
		headers[name] = value
	}
}

func shorten(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= maxError {
		return text
	}
	end := maxError
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
