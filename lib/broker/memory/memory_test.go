package memory_test

import (
	"context"
	"log/slog"
	"os"
	"testing"

	"example.com/app/lib/broker/brokertest"
	"example.com/app/lib/broker/memory"
	"example.com/app/lib/testenv"
)

func TestMain(m *testing.M) { os.Exit(testenv.Main(m)) }

func TestMemoryKeepsThePort(t *testing.T) {
	t.Parallel()
	brokertest.Run(t, open)
}

func open(t testing.TB) brokertest.Server {
	b := memory.New(slog.New(slog.NewTextHandler(t.Output(), nil)))
	t.Cleanup(func() { _ = b.Close(context.Background()) })
	return brokertest.Server{Driver: b, Delete: b.Delete, Interrupt: b.Interrupt}
}
