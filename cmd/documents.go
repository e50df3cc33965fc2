package cmd

import (
	"bytes"
	"encoding/json"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"example.com/app/amqp"
	"example.com/app/handler"
	"example.com/app/lib/broker/asyncapi"
	"example.com/app/lib/pg"
)

func openAPICommand(f *flags) *cobra.Command {
	return f.documentCommand("openapi", "Print the OpenAPI document of the API", func(s Settings) ([]byte, error) {
		d := &Deps{Settings: s, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), DB: new(pg.DB)}
		return newAPI(d, handler.Upstreams{}).Document()
	})
}

func asyncAPICommand(f *flags) *cobra.Command {
	return f.documentCommand("asyncapi", "Print the AsyncAPI document of the queues and events", asyncAPI)
}

// documentCommand prints what describes the tables, for which no server is needed.
func (f *flags) documentCommand(name, short string, document func(Settings) ([]byte, error)) *cobra.Command {
	return &cobra.Command{
		Use:     name,
		Short:   short,
		Example: "  app " + name + " > " + name + ".json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, _, err := f.load(c)
			if err != nil {
				return err
			}
			compact, err := document(s)
			if err != nil {
				return err
			}

			var b bytes.Buffer
			if err := json.Indent(&b, compact, "", "  "); err != nil {
				return err
			}
			b.WriteByte('\n')
			_, err = b.WriteTo(c.OutOrStdout())
			return err
		},
	}
}

func asyncAPI(s Settings) ([]byte, error) {
	return asyncapi.Document(asyncapi.Options{
		Title:   title,
		Version: readVersion().Version,
		Queues:  amqp.Queues(nil),
		Events:  amqp.Events(),
		Tiers:   s.AMQPRetryDelays,
	})
}
