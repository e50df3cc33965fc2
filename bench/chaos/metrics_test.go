package chaos_test

import (
	"net/http"
	"regexp"
	"strconv"
)

var handledTotal = regexp.MustCompile(`(?m)^app_messages_handled_total\{outcome="(\w+)",queue="[^"]*"\} (\S+)$`)

// handled counts what became of the messages that these consumers had, by outcome.
func (w *world) handled(consumers ...process) map[string]int {
	w.Helper()
	counts := map[string]int{}
	for _, c := range consumers {
		for _, m := range handledTotal.FindAllStringSubmatch(w.ask(http.MethodGet, c.URL("AMQ_PORT", "/metrics"), "", http.StatusOK), -1) {
			n, err := strconv.ParseFloat(m[2], 64)
			w.must(err)
			counts[m[1]] += int(n)
		}
	}
	if counts["done"] == 0 {
		w.Errorf("the metrics tell of no message that is done: %v", counts)
	}
	return counts
}
