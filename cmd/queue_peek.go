package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"example.com/app/lib/broker"
)

// widest is how much of a body or an error a table shows; --output json has all of it.
const widest = 100

func queuePeekCommand(f *flags) *cobra.Command {
	var limit int
	var reason, id string
	c := &cobra.Command{
		Use:   "peek QUEUE.dead",
		Short: "Look at dead messages; the queue stays as it was",
		Long: "Look at dead messages: what they say, why they died, how often they were tried.\n" +
			"The queue stays as it was. Every message in it is fetched once, however few are shown.",
		Example: "  app queue peek example.main.dead\n  app queue peek example.main.dead --reason malformed --limit 1 --output json",
		Args:    cobra.ExactArgs(1),
	}
	c.Flags().IntVar(&limit, "limit", 10, "show at most so many")
	c.Flags().StringVar(&reason, "reason", "", "only those that died of this: exhausted, permanent, malformed, panic")
	c.Flags().StringVar(&id, "id", "", "only the one with this message-id")

	c.RunE = func(c *cobra.Command, args []string) error {
		keep := func(d broker.Delivery) bool {
			return (id == "" || d.ID == id) && (reason == "" || reasonOf(d) == reason)
		}
		return f.withBrokers(c, func(d *Deps) error { return d.peek(c, args[0], limit, keep) })
	}
	return c
}

func (d *Deps) peek(c *cobra.Command, queue string, limit int, keep func(broker.Delivery) bool) error {
	if !strings.HasSuffix(queue, ".dead") {
		return fmt.Errorf("peek into %s: only dead queues, named QUEUE.dead, can be looked at: "+
			"a look takes a message away from the consumers of a live queue and counts as a failed delivery", queue)
	}
	driver, err := d.reachQueue(c.Context(), queue)
	if err != nil {
		return err
	}

	found, err := broker.Peek(c.Context(), driver, queue, limit, keep)
	if errors.Is(err, broker.ErrNoQueue) {
		return noQueue(queue)
	}
	if err != nil {
		return err
	}
	var rows []deadMessage
	for _, delivery := range found {
		rows = append(rows, newDeadMessage(delivery))
	}
	return show(c, []string{"ID", "REASON", "ATTEMPTS", "FIRST FAILURE", "ORIGIN", "ERROR", "BODY"}, rows, deadMessage.cells)
}

func noQueue(queue string) error {
	return fmt.Errorf("find queue %s: the server has none of that name: app consume makes those of app queue list", queue)
}

// deadMessage is what a person needs to know of one.
type deadMessage struct {
	ID             string `json:"id"`
	Reason         string `json:"reason"`
	Attempts       int    `json:"attempts"`
	FirstFailedAt  string `json:"first_failed_at"`
	OriginExchange string `json:"origin_exchange"`
	OriginKey      string `json:"origin_key"`
	Error          string `json:"error"`
	ErrorClass     string `json:"error_class"`
	Body           string `json:"body"`
}

func newDeadMessage(d broker.Delivery) deadMessage {
	return deadMessage{
		ID:             d.ID,
		Reason:         reasonOf(d),
		Attempts:       d.Attempts(),
		FirstFailedAt:  headerText(d, broker.HeaderFirstFailedAt),
		OriginExchange: headerText(d, broker.HeaderOriginExchange),
		OriginKey:      headerText(d, broker.HeaderOriginKey),
		Error:          headerText(d, broker.HeaderError),
		ErrorClass:     headerText(d, broker.HeaderErrorClass),
		Body:           string(d.Body),
	}
}

// reasonOf is the broker's own word where it moved the message by itself.
func reasonOf(d broker.Delivery) string {
	return cmp.Or(headerText(d, broker.HeaderReason), headerText(d, "x-first-death-reason"))
}

func headerText(d broker.Delivery, header string) string {
	s, _ := d.Headers[header].(string)
	return s
}

func (m deadMessage) cells() []any {
	origin := strings.TrimSpace(m.OriginExchange + " " + m.OriginKey)
	cells := []any{m.ID, m.Reason, m.Attempts, m.FirstFailedAt, origin, m.Error, m.Body}
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
