package chaos_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/rabbitmq/amqp091-go"
)

// managementURL is that of all things of a kind in this virtual host.
func (w *world) managementURL(kind string) string {
	w.Helper()
	u, err := amqp091.ParseURI(w.amqp)
	w.must(err)
	return fmt.Sprintf("%s/api/%s/%s", w.management, kind, url.PathEscape(u.Vhost))
}

// out counts the messages that somebody holds unsettled, as of the last second or so.
func (w *world) out() (n int) {
	w.Helper()
	var queues []struct {
		Unacknowledged int `json:"messages_unacknowledged"`
	}
	answer := w.ask(http.MethodGet, w.managementURL("queues"), "", http.StatusOK)
	w.must(json.Unmarshal([]byte(answer), &queues))
	for _, q := range queues {
		n += q.Unacknowledged
	}
	return n
}
