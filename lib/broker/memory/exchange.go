package memory

import (
	"slices"
	"strings"
)

// exchange routes by topics; what no binding takes goes to the alternate queue.
type exchange struct {
	bindings  []binding
	alternate string
}

type binding struct {
	pattern []string
	queue   string
}

func (x *exchange) bind(pattern, queue string) {
	words := strings.Split(pattern, ".")
	same := func(b binding) bool { return b.queue == queue && slices.Equal(b.pattern, words) }
	if !slices.ContainsFunc(x.bindings, same) {
		x.bindings = append(x.bindings, binding{words, queue})
	}
}

func (x *exchange) unbind(queue string) {
	x.bindings = slices.DeleteFunc(x.bindings, func(b binding) bool { return b.queue == queue })
}

// route names each queue once, however many of its bindings match.
func (x *exchange) route(key string) []string {
	words := strings.Split(key, ".")
	var queues []string
	for _, b := range x.bindings {
		if !slices.Contains(queues, b.queue) && matches(b.pattern, words) {
			queues = append(queues, b.queue)
		}
	}
	if len(queues) == 0 {
		return []string{x.alternate}
	}
	return queues
}

// matches knows * for exactly one word and # for none or more.
func matches(pattern, words []string) bool {
	switch {
	case len(pattern) == 0:
		return len(words) == 0
	case pattern[0] == "#":
		return matches(pattern[1:], words) || len(words) > 0 && matches(pattern, words[1:])
	case len(words) == 0:
		return false
	default:
		return (pattern[0] == "*" || pattern[0] == words[0]) && matches(pattern[1:], words[1:])
	}
}
