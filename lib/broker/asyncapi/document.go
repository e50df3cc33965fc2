package asyncapi

import (
	"encoding/json"
	"errors"

	"example.com/app/lib/broker"
)

const (
	version     = "3.0.0"
	bindings    = "0.3.0" // of AMQP 0-9-1
	contentType = "application/json"
)

type document struct {
	AsyncAPI    string               `json:"asyncapi"`
	Info        info                 `json:"info"`
	ContentType string               `json:"defaultContentType"`
	Servers     map[string]server    `json:"servers,omitempty"`
	Channels    map[string]channel   `json:"channels"`
	Operations  map[string]operation `json:"operations"`
	Components  components           `json:"components"`
}

type info struct {
	Title   string `json:"title"`
	Version string `json:"version"`
}

type server struct {
	Host            string              `json:"host"`
	Protocol        string              `json:"protocol"`
	ProtocolVersion string              `json:"protocolVersion"`
	Description     string              `json:"description"`
	Variables       map[string]variable `json:"variables"`
}

type variable struct {
	Description string `json:"description"`
}

type channel struct {
	Address     string                `json:"address"`
	Description string                `json:"description,omitempty"`
	Servers     []reference           `json:"servers"`
	Messages    map[string]message    `json:"messages"`
	Bindings    bound[channelBinding] `json:"bindings"`
}

type message struct {
	Name          string                `json:"name"`
	Summary       string                `json:"summary,omitempty"`
	Headers       reference             `json:"headers"`
	CorrelationID reference             `json:"correlationId"`
	Payload       json.RawMessage       `json:"payload"`
	Bindings      bound[messageBinding] `json:"bindings"`
}

type operation struct {
	Action   string                  `json:"action"`
	Channel  reference               `json:"channel"`
	Bindings bound[operationBinding] `json:"bindings"`
}

type components struct {
	Schemas        map[string]json.RawMessage `json:"schemas"`
	CorrelationIDs map[string]correlationID   `json:"correlationIds"`
}

type correlationID struct {
	Description string `json:"description"`
	Location    string `json:"location"`
}

type reference struct {
	Ref string `json:"$ref"`
}

// bound is what AMQP adds to a channel, a message or an operation.
type bound[T any] struct {
	AMQP T `json:"amqp"`
}

func newDocument(title, release string) *document {
	return &document{
		AsyncAPI:    version,
		Info:        info{title, release},
		ContentType: contentType,
		Servers:     map[string]server{},
		Channels:    map[string]channel{},
		Operations:  map[string]operation{},
		Components:  newComponents(),
	}
}

var errTwice = errors.New("it is described already")

// add puts a channel with one message there, and what the program does with it.
func (d *document) add(c broker.Connection, id, action string, ch channel, m message, what operationBinding) error {
	if _, ok := d.Channels[id]; ok {
		return errTwice
	}
	m.Headers, m.CorrelationID = reference{"#/components/schemas/headers"}, reference{"#/components/correlationIds/cause"}
	ch.Messages = map[string]message{m.Name: m}
	ch.Servers = []reference{{"#/servers/" + string(c)}}

	d.Servers[string(c)] = newServer(c)
	d.Channels[id] = ch
	d.Operations[action+"."+id] = operation{action, reference{"#/channels/" + id}, bound[operationBinding]{what}}
	return nil
}

func newServer(c broker.Connection) server {
	return server{
		Host: "{host}", Protocol: "amqp", ProtocolVersion: "0-9-1",
		Description: "The broker of the connection " + string(c) + ".",
		Variables:   map[string]variable{"host": {"Differs from one installation to the next."}},
	}
}
