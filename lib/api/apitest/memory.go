package apitest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// remembered bounds each list of what was answered, so that a long exploration needs no more memory.
const remembered = 200

// memory is what the service has answered: names of things, and how to go on.
type memory struct {
	ids   map[string][]string // by the path of the collection
	words []string            // that lead from one page to the next, of any list
	tags  map[string]string   // the last ETag, by path
	kept  map[string]*kept    // the last answer under an Idempotency-Key, by operation
	seen  map[string][]object // that an operation took or answered: what belongs together, as an email and its password
}

type object = map[string]any

// kept is a request that may be sent again.
type kept struct {
	question *question
	answer   *answer
}

func newMemory() memory {
	return memory{ids: map[string][]string{}, tags: map[string]string{}, kept: map[string]*kept{}, seen: map[string][]object{}}
}

// learn takes from an answer what later requests may use.
func (e *Explorer) learn(q *question, a *answer) {
	if a.StatusCode == http.StatusUnauthorized && q.token {
		e.token = ""
	}
	if a.StatusCode >= http.StatusBadRequest {
		return
	}
	if tag := a.Header.Get("ETag"); tag != "" {
		e.memory.tags[q.path] = tag
	}
	if q.method == q.operation.method && q.header.Get("Idempotency-Key") != "" && a.StatusCode < http.StatusMultipleChoices {
		e.memory.kept[q.operation.id] = &kept{q, a}
	}
	if at := a.Header.Get("Location"); strings.Contains(at, "/") {
		cut := strings.LastIndexByte(at, '/')
		e.remember(at[:cut], at[cut+1:])
	}

	for _, body := range [][]byte{q.body, a.body} {
		var o object
		if json.Unmarshal(body, &o) == nil && len(o) > 0 {
			e.memory.seen[q.operation.id] = keep(e, e.memory.seen[q.operation.id], o)
		}
	}
	e.learnPage(q, a)
}

func (e *Explorer) learnPage(q *question, a *answer) {
	var page struct {
		Items []struct{ ID json.RawMessage }
		Next  *string
	}
	if json.Unmarshal(a.body, &page) != nil {
		return
	}
	for _, item := range page.Items {
		if id := strings.Trim(string(item.ID), `"`); id != "" {
			e.remember(q.path, id)
		}
	}
	if page.Next != nil {
		e.memory.words = keep(e, e.memory.words, *page.Next)
	}
}

func (e *Explorer) remember(collection, id string) {
	e.memory.ids[collection] = keep(e, e.memory.ids[collection], id)
}

// keep replaces one entry when the list is full.
func keep[T any](e *Explorer, list []T, entry T) []T {
	if len(list) < remembered {
		return append(list, entry)
	}
	list[e.chance.IntN(len(list))] = entry
	return list
}

// judge compares the answer to the same request with the one before.
func (k *kept) judge(a *answer) error {
	switch {
	case a.StatusCode == http.StatusUnauthorized: // the session has ended since
		return nil
	case a.StatusCode != k.answer.StatusCode || string(a.body) != string(k.answer.body):
		return fmt.Errorf("the same request under the same Idempotency-Key was answered before:\n%s", k.answer)
	case a.Header.Get("Idempotency-Replayed") != "true":
		return errors.New("the answer under a used Idempotency-Key does not say that it is a repeated one")
	default:
		return nil
	}
}
