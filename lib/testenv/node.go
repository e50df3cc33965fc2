package testenv

import (
	"testing"
)

// Node is a RabbitMQ of one test, which may stop and kill it. Its methods fail the test.
type Node struct {
	t      testing.TB
	server *RabbitMQ
}

// NewNode runs a node for this test alone, in about 7 s; it ends with the test.
func NewNode(t testing.TB) *Node {
	t.Helper()

	server, err := StartRabbitMQ(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return &Node{t: t, server: server}
}

// URL names the node's default virtual host, the same after every Start.
func (n *Node) URL() string { return n.server.URL() }

// Management is the base URL of the node's management API, with credentials.
func (n *Node) Management() string { return n.server.Management() }

// Start runs the stopped node again: on its ports, with its data.
func (n *Node) Start() {
	n.t.Helper()

	if err := n.server.start(n.t.Context()); err != nil {
		n.t.Fatal(err)
	}
}

// Stop ends the node in good order: clients are told at once, the node is gone in about 6 s.
func (n *Node) Stop() { n.server.shutDown() }

// Restart stops the server in good order and starts it again, on the Erlang machine that it runs on: for clients and
// messages it is a Stop and a Start, in about half the time.
func (n *Node) Restart() {
	n.t.Helper()
	n.Ctl("stop_app")
	n.Ctl("start_app")
}

// Kill ends the node by SIGKILL: clients are not told.
func (n *Node) Kill() { n.server.node.Kill() }

// Ctl runs rabbitmqctl on the node, in about 1 s, and returns what it prints.
func (n *Node) Ctl(args ...string) string {
	n.t.Helper()

	out, err := n.server.command(n.t.Context(), "rabbitmqctl", args...).CombinedOutput()
	if err != nil {
		n.t.Fatalf("rabbitmqctl %v: %v\n%s", args, err, out)
	}
	return string(out)
}
