package private

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
)

// Where Port looks: below what systems hand out to outgoing connections,
// so that a server which stops finds its port free when it starts again.
const (
	lowestPort = 20000
	ports      = 12000
)

// Where this process began to look, and how often it has: it gets no port twice, and seldom one that a process beside it gets.
var (
	first  = rand.Uint32N(ports)
	looked atomic.Uint32
)

// Port is a port of 127.0.0.1 that nothing listens on. Nothing keeps it: another process may be faster,
// and a child that this process is just making may hold it open for a moment.
func Port() (int, error) {
	var last error
	for range 100 {
		port := lowestPort + int((first+looked.Add(1))%ports)
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
		last = err
	}
	return 0, errors.Join(errors.New("find a free port on 127.0.0.1"), last)
}
