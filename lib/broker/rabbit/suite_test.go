package rabbit_test

import (
	"testing"

	"example.com/app/lib/broker/brokertest"
	"example.com/app/lib/testenv"
)

func TestRabbitKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()

	brokertest.Run(t, func(t testing.TB) brokertest.Server {
		url := testenv.Broker(t)
		api := newAPI(t, testenv.Management(t), url)
		return brokertest.Server{Driver: open(t, url), Delete: api.deleteQueue, Interrupt: api.closeConnections}
	})
}
