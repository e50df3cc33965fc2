package outbox_test

import (
	"log/slog"
	"sync"
	"testing"
	"strconv"

	"example.com/app/lib/broker"
	"example.com/app/lib/broker/rabbit"
	"example.com/app/lib/testenv"
)

func BenchmarkRaw(b *testing.B) {
	driver, err := rabbit.Open(rabbit.Options{Name: "example", URL: testenv.Broker(b), ConnectionName: "bench", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = driver.Close(b.Context()) }()
	if err := driver.Declare(b.Context(), broker.Family{Exchange: "example", Name: "example.main"}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for j := range 20 {
		var wg sync.WaitGroup
		for i := range 1000 {
			wg.Go(func() {
				if err := driver.Publish(b.Context(), "example", "example.main", broker.Envelope{ID: strconv.Itoa(j*1000+i), ContentType:"application/json", Body: make([]byte, 300)}); err != nil { b.Error(err) }
			})
		}
		wg.Wait()
		}
	}
	b.ReportMetric(20000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
