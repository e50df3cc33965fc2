package broker

// Replayed is a dead message as it goes back to its queue: as if nobody had tried it yet, but for when it first
// failed, where it came from, and how often it has gone this way.
func Replayed(d Delivery) Envelope {
	e := forwarded(d)
	for _, name := range []string{HeaderAttempt, HeaderError, HeaderErrorClass} {
		delete(e.Headers, name)
	}
	if d.Headers[HeaderOriginKey] == nil { // the broker moved it: where it was found is not where it came from
		delete(e.Headers, HeaderOriginExchange)
		delete(e.Headers, HeaderOriginKey)
	}
	e.Headers[HeaderReplays] = int64(d.Replays() + 1)
	return e
}
