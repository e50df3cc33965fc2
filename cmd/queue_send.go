package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"example.com/app/lib/broker"
)

// sendTimeout is how long the broker may take to confirm.
const sendTimeout = 30 * time.Second

func queueSendCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "send QUEUE BODY",
		Short:   "Send one message, - for standard input, and print its new message-id once the broker has it",
		Example: "  app queue send example.main '{\"name\": \"Ada\"}'\n  app queue send example.main - < student.json",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			body := []byte(args[1])
			if args[1] == "-" {
				var err error
				if body, err = io.ReadAll(c.InOrStdin()); err != nil {
					return fmt.Errorf("read the message from standard input: %w", err)
				}
			}
			return f.withBrokers(c, func(d *Deps) error { return d.send(c, args[0], body) })
		},
	}
}

func (d *Deps) send(c *cobra.Command, queue string, body []byte) error {
	driver, err := d.reachQueue(c.Context(), queue)
	if err != nil {
		return err
	}

	ctx, cancel := context.WithTimeout(c.Context(), sendTimeout)
	defer cancel()
	id, err := broker.Send(ctx, driver, queue, body)
	if errors.Is(err, broker.ErrUnroutable) {
		return noQueue(queue)
	}
	if err != nil {
		return err
	}
	if !asJSON(c) {
		_, err = fmt.Fprintln(c.OutOrStdout(), id)
		return err
	}
	return show(c, nil, []sent{{id}}, nil)
}

type sent struct {
	ID string `json:"id"`
}
