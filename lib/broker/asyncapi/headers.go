package asyncapi

import "encoding/json"

// headers are those that matter to whoever sends or takes a message; the first two are properties of AMQP.
const headers = `{
	"type": "object",
	"properties": {
		"message-id": {
			"type": "string",
			"description": "The property message-id. A queue takes each id once: again with the same body, it changes nothing; with another one, the message is dead. A message without it counts as new at every delivery."
		},
		"correlation-id": {
			"type": "string",
			"description": "The property correlation-id."
		},
		"traceparent": {
			"type": "string",
			"description": "W3C Trace Context.",
			"pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"
		}
	}
}`

func newComponents() components {
	return components{
		Schemas: map[string]json.RawMessage{"headers": json.RawMessage(headers)},
		CorrelationIDs: map[string]correlationID{"cause": {
			Description: "The id of the request or message that everything began with.",
			Location:    "$message.header#/correlation-id",
		}},
	}
}
