package apitest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// verdict is what the document says about a request before it is sent.
type verdict int

const (
	allowed  verdict = iota
	doubtful         // rules beyond the document decide
	forbidden
)

// question is a request.
type question struct {
	operation *described
	method    string
	path      string // as it is sent
	query     url.Values
	rawQuery  string
	header    http.Header
	body      []byte
	media     string
	verdict   verdict
	token     bool  // that of who has logged in goes along
	again     *kept // has been sent before
	sent      *http.Request
}

func (q *question) target() string {
	if q.rawQuery == "" {
		return q.path
	}
	return q.path + "?" + q.rawQuery
}

func (q *question) String() string {
	header := q.header.Clone()
	if q.token {
		header.Set("Authorization", "Bearer (a good one)")
	}
	return fmt.Sprintf("%s %s %v\n%s\n", q.method, q.target(), header, short(q.body))
}

// worse lets the strictest judgement stand.
func (q *question) worse(v verdict) { q.verdict = max(q.verdict, v) }

// rarely is true once in n times.
func (e *Explorer) rarely(n int) bool { return e.chance.IntN(n) == 0 }

func one[T any](e *Explorer, from []T) T { return from[e.chance.IntN(len(from))] }

// next makes up a request; one in thirty is one that was answered already.
func (e *Explorer) next() *question {
	o := one(e, e.operations)
	for o.seldom && !e.rarely(8) {
		o = one(e, e.operations)
	}
	if k := e.memory.kept[o.id]; k != nil && e.rarely(30) && k.question.header.Get("Authorization") == e.bearer() {
		again := *k.question
		again.again = k
		return &again
	}

	q := &question{operation: o, method: o.method, query: url.Values{}, header: http.Header{}}
	e.fillPath(q)
	for _, p := range o.parameters {
		switch p.In {
		case "query":
			e.fillQuery(q, p)
		case "header":
			e.fillHeader(q, p)
		}
	}
	q.rawQuery = q.query.Encode()
	e.fillBody(q)
	e.strangeHeaders(q)
	e.authorize(q)
	e.disturb(q)
	return q
}

// fillPath prefers what the service has named.
func (e *Explorer) fillPath(q *question) {
	var path strings.Builder
	for part := range strings.SplitSeq(strings.TrimPrefix(q.operation.path, "/"), "/") {
		name, isParameter := strings.CutPrefix(part, "{")
		if isParameter {
			at := slices.IndexFunc(q.operation.parameters, func(p given) bool {
				return p.In == "path" && p.Name == strings.TrimSuffix(name, "}")
			})
			part = url.PathEscape(e.segment(path.String(), q.operation.parameters[at]))
			q.worse(doubtful) // whether it names something
		}
		path.WriteString("/" + part)
	}
	q.path = path.String()
}

func (e *Explorer) segment(collection string, p given) string {
	known := e.memory.ids[collection]
	switch {
	case len(known) > 0 && !e.rarely(5):
		return one(e, known)
	case e.rarely(3):
		text := strings.ReplaceAll(one(e, oddTexts()), "/", "%")
		if text == "" || text == "." || text == ".." { // another path
			return "0"
		}
		return text
	default:
		text, _ := e.text(p.Schema)
		return text
	}
}

func (e *Explorer) fillQuery(q *question, p given) {
	if !p.Required && e.rarely(2) {
		return
	}
	if p.Required && e.rarely(20) {
		q.worse(forbidden)
		return
	}
	text, v := e.text(p.Schema)
	if opaque(p.Schema) && len(e.memory.words) > 0 && !e.rarely(4) {
		text, v = one(e, e.memory.words), doubtful
	}
	q.query.Add(p.Name, text)
	q.worse(v)
	if !slices.Contains(p.Schema.Type, "array") && e.rarely(40) {
		q.query.Add(p.Name, text)
		q.worse(forbidden)
	}
}

// opaque tells a text of which the document says nothing, as of the words that lead to the next page.
func opaque(s *schema) bool {
	return slices.Contains(s.Type, "string") && s.MaxLength == nil && s.Enum == nil && s.Format == ""
}

// disturb changes what the rest of the request is about.
func (e *Explorer) disturb(q *question) {
	switch e.chance.IntN(40) {
	case 0:
		q.method = one(e, []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"})
	case 1, 2:
		if q.method != http.MethodGet {
			return
		}
		q.method = http.MethodHead
	case 3:
		q.path += one(e, []string{"/", "//", "/x", "%2F", "%00", "/../..", ";a=b", "/" + strings.Repeat("a", 3000), "/ü", "%20"})
	case 4:
		q.rawQuery += one(e, []string{"&unknown=1", "&=", "&%zz", ";", "&a[]=1", "&" + strings.Repeat("a=1&", 500), "&limit=", "&%00=%00"})
	default:
		return
	}
	q.worse(doubtful)
}
