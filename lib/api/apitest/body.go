package apitest

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

const jsonType = "application/json"

// fillBody sends one of the bodies that the operation takes, or something beside them.
func (e *Explorer) fillBody(q *question) {
	if len(q.operation.bodies) == 0 {
		return
	}
	q.media = one(e, sorted(q.operation.bodies))
	if q.media == jsonType {
		e.fillJSON(q)
	} else {
		e.fillLines(q)
	}

	q.header.Set("Content-Type", q.media)
	switch {
	case e.rarely(30):
		q.header.Set("Content-Type", one(e, []string{"", "text/plain", "application/xml", "application/json; charset=latin1", "multipart/form-data", "*/*", ";"}))
		q.media = ""
		q.worse(doubtful)
	case e.rarely(60):
		q.header.Set("Content-Encoding", "gzip")
		q.worse(forbidden)
	}
}

func (e *Explorer) fillJSON(q *question) {
	q.body = encode(e.value(q.operation.bodies[jsonType], 0))
	if !e.rarely(12) {
		q.worse(e.contract.allows(q.operation.pointer(jsonType), q.body))
		return
	}
	if q.body = e.damaged(q.body); !json.Valid(q.body) {
		q.worse(forbidden)
	}
	q.worse(doubtful)
}

// fillLines sends a line for each of some documents that other operations take: what such a file has in it, the
// document says in words alone.
func (e *Explorer) fillLines(q *question) {
	q.worse(doubtful)
	var schemas []*schema
	for _, o := range e.operations {
		if s := o.bodies[jsonType]; s != nil {
			schemas = append(schemas, s)
		}
	}
	var lines bytes.Buffer
	for range e.chance.IntN(20) {
		line := []byte(one(e, oddTexts()))
		if len(schemas) > 0 && !e.rarely(10) {
			line = encode(e.value(one(e, schemas), 0))
		}
		if e.rarely(20) {
			line = e.damaged(line)
		}
		lines.Write(line)
		lines.WriteString(one(e, []string{"\n", "\n", "\n", "\r\n", "\n\n", ""}))
	}
	q.body = lines.Bytes()
}

// encode writes texts as they are, even where they are no UTF-8.
func encode(v any) []byte {
	var b bytes.Buffer
	switch v := v.(type) {
	case map[string]any:
		b.WriteByte('{')
		for i, name := range sorted(v) {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(encode(name))
			b.WriteByte(':')
			b.Write(encode(v[name]))
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, entry := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(encode(entry))
		}
		b.WriteByte(']')
	case string:
		if !utf8.ValidString(v) {
			return []byte(`"` + v + `"`)
		}
		text, _ := json.Marshal(v)
		return text
	case raw:
		return v
	default:
		text, _ := json.Marshal(v)
		return text
	}
	return b.Bytes()
}

// damaged is a body that is no such document any more, or hardly one.
func (e *Explorer) damaged(body []byte) []byte {
	at := e.chance.IntN(len(body) + 1)
	switch e.chance.IntN(12) {
	case 0:
		return body[:at]
	case 1:
		return slices.Concat(body[:at], []byte{byte(e.chance.IntN(256))}, body[at:])
	case 2:
		return append(slices.Clone(body), body...)
	case 3:
		return append(slices.Clone(body), "null"...)
	case 4:
		return []byte(strings.Repeat("[", 1+e.chance.IntN(20_000)))
	case 5:
		n := 1 + e.chance.IntN(5_000)
		return []byte(strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n))
	case 6:
		return bytes.Replace(body, []byte("{"), []byte(`{"name":"twice","name":"twice",`), 1)
	case 7:
		return bytes.ToUpper(body)
	case 8:
		return []byte(one(e, []string{"", " ", "NaN", "{", `"`, "\ufeff{}", "\x00", "[1,]", "{'a':1}", "/* */ {}", `{"name":"\ud800"}`, `{"name":"\u0000"}`, `{"name":"\x"}`}))
	case 9:
		return []byte(`{"name":` + strings.Repeat("9", 1+e.chance.IntN(100_000)) + "}")
	case 10:
		if e.rarely(20) {
			return []byte(`{"name":"` + strings.Repeat("a", 2<<20) + `"}`)
		}
		return []byte(`{"name":"` + strings.Repeat("a", 20_000) + `"}`)
	default:
		return bytes.ReplaceAll(body, []byte(":"), []byte(" :\t\r\n"))
	}
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
