package cmd

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"example.com/app/lib/broker/desk"
)

// widest is how much of a body or an error a table shows; --output json has all of it.
const widest = 100

func queuePeekCommand(f *flags) *cobra.Command {
	var limit int
	var pick desk.Filter
	c := &cobra.Command{
		Use:   "peek QUEUE.dead",
		Short: "Look at dead messages; the queue stays as it was",
		Long: "Look at dead messages: what they say, why they died, how often they were tried.\n" +
			"The queue stays as it was. Every message in it is fetched once, however few are shown.",
		Example: "  app queue peek example.main.dead\n  app queue peek example.main.dead --reason malformed --limit 1 --output json",
		Args: func(c *cobra.Command, args []string) error {
			if limit < 1 {
				return fmt.Errorf("--limit is %d: want at least 1", limit)
			}
			return exactly("QUEUE.dead")(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			pick.All = true
			return f.withDesk(c, deskOptions{}, func(w workplace) error {
				letters, err := w.Peek(c.Context(), args[0], pick, limit)
				if err != nil && len(letters) == 0 {
					return err
				}
				header := []string{"ID", "REASON", "ATTEMPTS", "FIRST FAILURE", "ORIGIN", "ERROR", "BODY"}
				return cmp.Or(err, show(c, header, letters, letterCells))
			})
		},
	}
	c.Flags().IntVar(&limit, "limit", 10, "show at most so many")
	addFilter(c, &pick)
	return c
}

func letterCells(l desk.Letter) []any {
	origin := strings.TrimSpace(l.OriginExchange + " " + l.OriginKey)
	cells := []any{l.ID, l.Reason, l.Attempts, l.FirstFailedAt, origin, l.Error, l.Body}
	for i := range cells {
		cells[i] = cmp.Or(oneLine(fmt.Sprint(cells[i])), "-")
	}
	return cells
}

// oneLine fits a cell, and keeps what strangers wrote from moving the cursor.
func oneLine(s string) string {
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) > widest {
		runes = append(runes[:widest-1], '…')
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, string(runes))
}
