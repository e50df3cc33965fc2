package apitest

import (
	"fmt"
	"net/http"
	"net/netip"
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
	if o.method == http.MethodDelete && !strings.Contains(o.path, "{") && !e.rarely(8) { // ends what all the others need
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

func (e *Explorer) fillHeader(q *question, p given) {
	if !p.Required && e.rarely(2) {
		return
	}
	q.worse(doubtful) // the value's own rules
	switch p.Name {
	case "If-Match", "If-None-Match":
		q.header.Set(p.Name, e.tag(q.path))
	default:
		text, _ := e.text(p.Schema)
		if e.rarely(4) {
			text = one(e, oddTexts())
		}
		if sendable(text) {
			q.header.Set(p.Name, text)
		}
	}
}

func (e *Explorer) tag(path string) string {
	if tag, known := e.memory.tags[path]; known && !e.rarely(3) {
		return tag
	}
	return one(e, []string{
		"*", `"1"`, `W/"1"`, `"1", "2"`, `,"1",,`, `"`, "1", "", `"` + strings.Repeat("x", 300) + `"`,
		`"9223372036854775808"`, `"-1"`, `"\"`, `"é"`, `*, "1"`,
	})
}

// sendable tells whether the client can send the text as a header.
func sendable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// strangeHeaders are those that any request may have.
func (e *Explorer) strangeHeaders(q *question) {
	strange := map[string][]string{
		"X-Request-Id":    {"a", strings.Repeat("x", 64), strings.Repeat("x", 65), "ü", `"><script>`},
		"Traceparent":     {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0-0-0", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "x"},
		"Accept-Encoding": {"gzip;q=0", "identity", "*;q=0", "br", "gzip;q=x"},
		"Accept":          {"text/html", "*/*;q=0", "application/xml"},
		"Origin":          {"null", "https://elsewhere.example", "x"},
		"X-Forwarded-For": {"1.2.3.4", "::1, unknown", "x, y", strings.Repeat("1.1.1.1,", 100)},
		"Range":           {"bytes=0-1"},
		"Expect":          {"100-continue"},
		"Cookie":          {"a=b; c"},
	}
	for _, name := range sorted(strange) {
		if e.rarely(25) {
			q.header.Set(name, one(e, strange[name]))
		}
	}
	if e.rarely(3) { // counts as another client, where the service believes it
		q.header.Set("X-Forwarded-For", netip.AddrFrom4([4]byte{10, byte(e.chance.IntN(256)), byte(e.chance.IntN(256)), 1}).String())
	}
}

func (e *Explorer) bearer() string {
	if e.token == "" {
		return ""
	}
	return "Bearer " + e.token
}

// authorize mostly goes as who has logged in.
func (e *Explorer) authorize(q *question) {
	if e.token != "" && !e.rarely(20) {
		q.header.Set("Authorization", e.bearer())
		q.token = true
		return
	}
	if e.Token != nil && q.operation.secured {
		q.worse(forbidden)
	}
	if e.rarely(2) {
		q.header.Set("Authorization", one(e, []string{
			"", "Bearer", "Bearer ", "bearer x", "Basic YTpi", "Bearer a.b.c", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer " + strings.Repeat("x", 5000),
		}))
	}
}

// disturb changes what the rest of the request is about.
func (e *Explorer) disturb(q *question) {
	switch {
	case e.rarely(40):
		q.method = one(e, []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"})
	case q.method == http.MethodGet && e.rarely(15):
		q.method = http.MethodHead
	case e.rarely(40):
		q.path += one(e, []string{"/", "//", "/x", "%2F", "%00", "/../..", ";a=b", "/" + strings.Repeat("a", 3000), "/ü", "%20"})
	case e.rarely(40):
		q.rawQuery += one(e, []string{"&unknown=1", "&=", "&%zz", ";", "&a[]=1", "&" + strings.Repeat("a=1&", 500), "&limit=", "&%00=%00"})
	default:
		return
	}
	q.worse(doubtful)
}
