package broker

// Event is a kind of message that the program publishes for whoever wants to know.
type Event struct {
	Connection Connection // its exchange takes the messages
	Name       string     // the routing key, and the type of each message
	Summary    string     // one sentence: when it is published
	Payload    any        // a zero value of the body
}
