package cmd

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func queueSendCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "send QUEUE BODY",
		Short:   "Send one message, - for standard input, and print its new message-id once the broker has it",
		Example: "  app queue send example.main '{\"name\": \"Ada\"}'\n  app queue send example.main - < student.json",
		Args:    exactly("QUEUE", "BODY"),
		RunE: func(c *cobra.Command, args []string) error {
			body := []byte(args[1])
			if args[1] == "-" {
				var err error
				if body, err = io.ReadAll(c.InOrStdin()); err != nil {
					return fmt.Errorf("read the message from standard input: %w", err)
				}
			}
			return f.withDesk(c, deskOptions{}, func(w workplace) error { return send(c, w, args[0], body) })
		},
	}
}

func send(c *cobra.Command, w workplace, queue string, body []byte) error {
	id, err := w.Send(c.Context(), queue, body)
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
