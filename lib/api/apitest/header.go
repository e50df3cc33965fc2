package apitest

import (
	"net/netip"
	"strings"
)

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
