// Package brokertest judges drivers: what the port promises, and what a consumer promises on top of it.
package brokertest

import (
	"maps"
	"testing"

	"example.com/app/lib/broker"
	"example.com/app/lib/pg/pgtest"
)

// Server is a driver and what the suite does to the server behind it.
type Server struct {
	broker.Driver
	Delete    func(queue string) // deletes a queue with all that is in it, from outside
	Interrupt func()             // ends every connection of the driver from the server's side
}

type promises map[string]func(*scene)

// Run holds a driver to every promise. Each call of open answers a driver on a server, or a part of one, that is
// empty and used by nobody else; open closes it with the test.
func Run(t *testing.T, open func(t testing.TB) Server) {
	quiet := make(promises)
	for _, some := range []promises{publishing(), delivering(), acking(), handling(), inbox(), batching(), retrying(), draining(), suspecting()} {
		maps.Copy(quiet, some)
	}
	shared, db := open(t), pgtest.URL(t)
	for name, promise := range quiet {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			promise(newScene(t, shared, db))
		})
	}

	rough := disturbing()
	maps.Copy(rough, doubting())
	for name, promise := range rough {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			promise(newScene(t, open(t), db))
		})
	}
}
