package apitest

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// raw is text that stands in a JSON document as it is.
type raw = json.RawMessage

// value makes up a document for the schema: one that fits as a rule, and sometimes one that just does not.
func (e *Explorer) value(s *schema, depth int) any {
	switch {
	case s == nil || depth > 6 || e.rarely(40):
		return e.anything(depth)
	case s.Const != nil:
		return s.Const
	case len(s.Enum) > 0:
		return one(e, s.Enum)
	case len(s.AnyOf) > 0:
		return e.value(one(e, s.AnyOf), depth+1)
	case len(s.OneOf) > 0:
		return e.value(one(e, s.OneOf), depth+1)
	case len(s.Type) == 0:
		return e.anything(depth)
	}

	switch one(e, s.Type) {
	case "object":
		return e.object(s, depth)
	case "array":
		return e.array(s, depth)
	case "string":
		return e.string(s)
	case "integer":
		return raw(e.integer(s))
	case "number":
		return one(e, []raw{raw("0.5"), raw("-1e3"), raw(e.integer(s))})
	case "boolean":
		return e.rarely(2)
	default:
		return nil
	}
}

func (e *Explorer) object(s *schema, depth int) map[string]any {
	o := map[string]any{}
	for _, name := range sorted(s.Properties) {
		required := slices.Contains(s.Required, name)
		if required && !e.rarely(30) || !required && e.rarely(2) {
			o[name] = e.value(s.Properties[name], depth+1)
		}
	}
	if len(e.memory.seen) > 0 && e.rarely(3) {
		e.recall(o)
	}
	if e.rarely(20) {
		o[one(e, oddTexts())] = e.anything(depth)
	}
	return o
}

// recall takes what another object has under the same names: of those of a few operations, the one that shares most.
func (e *Explorer) recall(o map[string]any) {
	var best map[string]any
	operations := sorted(e.memory.seen)
	for range 10 {
		if seen := one(e, e.memory.seen[one(e, operations)]); shared(o, seen) > shared(o, best) {
			best = seen
		}
	}
	for name := range o {
		if v, ok := best[name]; ok {
			o[name] = v
		}
	}
}

func shared(a, b map[string]any) (n int) {
	for name := range a {
		if _, ok := b[name]; ok {
			n++
		}
	}
	return n
}

func (e *Explorer) array(s *schema, depth int) []any {
	length := s.MinItems + e.chance.IntN(4)
	if s.MaxItems != nil && e.rarely(4) {
		length = *s.MaxItems + e.chance.IntN(2)
	}
	list := make([]any, length)
	for i := range list {
		list[i] = e.value(s.Items, depth+1)
	}
	return list
}

// integer stands at the bounds more often than between them.
func (e *Explorer) integer(s *schema) string {
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	if s.Minimum != nil {
		low = int64(*s.Minimum)
	}
	if s.Maximum != nil {
		high = int64(*s.Maximum)
	}
	inside := low + int64(e.chance.Uint64N(uint64(high)-uint64(low)+1|1))
	if e.rarely(12) {
		return one(e, []string{
			"-1", "0", "9223372036854775808", "-9223372036854775809", "1e3", "1.0", "0.5", "1e400", "-0",
			strconv.FormatInt(low-1, 10), strconv.FormatInt(high+1, 10),
		})
	}
	return strconv.FormatInt(one(e, []int64{low, high, inside, inside, max(low, min(high, 1+e.chance.Int64N(30)))}), 10)
}

func (e *Explorer) string(s *schema) string {
	switch s.Format {
	case "email":
		return fmt.Sprintf("u%d@h%d.example", e.chance.IntN(10_000), e.chance.IntN(10)) // what else is one, is disputed
	case "date-time":
		return "2026-01-02T03:04:05Z"
	case "date":
		return "2026-01-02"
	case "uuid":
		return "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
	case "uri":
		return "https://" + e.word(5) + ".example/" + e.word(3)
	}
	switch {
	case e.rarely(15):
		return one(e, oddTexts())
	case len(s.Examples) > 0 && e.rarely(3):
		return one(e, texts(s.Examples))
	default:
		return e.words(s)
	}
}

// words has a length that the schema allows, or one more than that.
func (e *Explorer) words(s *schema) string {
	length := s.MinLength + e.chance.IntN(20)
	if s.MaxLength != nil {
		length = min(length, *s.MaxLength)
		if e.rarely(8) {
			length = *s.MaxLength + e.chance.IntN(2)
		}
	}
	return e.word(length)
}

// word has that many characters.
func (e *Explorer) word(length int) string {
	letters := []rune("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789")
	if e.rarely(6) {
		letters = []rune("aéßñÇ中文字日本語한국어ابجدעברית😀🏳👩\u0301")
	}
	var b strings.Builder
	for range length {
		b.WriteRune(one(e, letters))
	}
	return b.String()
}

// anything fits no schema but by accident.
func (e *Explorer) anything(depth int) any {
	switch e.chance.IntN(8) {
	case 0:
		return nil
	case 1:
		return e.rarely(2)
	case 2:
		return raw(one(e, []string{"0", "-1", "1.5", "1e400", "123456789012345678901234567890", "-0.0", "1E-400"}))
	case 3:
		return []any{}
	case 4:
		return map[string]any{}
	case 5:
		if depth < 6 {
			return map[string]any{e.word(3): e.anything(depth + 1), "": []any{e.anything(depth + 1)}}
		}
		return "deep"
	default:
		return one(e, oddTexts())
	}
}

// text is a value in a path, a query or a header.
func (e *Explorer) text(s *schema) (string, verdict) {
	switch {
	case len(s.Enum) > 0 && !e.rarely(12):
		return one(e, texts(s.Enum)), allowed
	case len(s.Enum) > 0:
		return "not-one-of-them", forbidden
	case slices.Contains(s.Type, "integer") && !e.rarely(12):
		return e.integer(s), doubtful
	case slices.Contains(s.Type, "integer"):
		return one(e, []string{"", "one", "1.5", "0x1", " 1", "1 ", "１", "NaN", "null"}), forbidden
	case slices.Contains(s.Type, "boolean") && !e.rarely(12):
		return one(e, []string{"true", "false"}), allowed
	case slices.Contains(s.Type, "boolean"):
		return one(e, []string{"", "TRUE", "1", "yes"}), forbidden
	case slices.Contains(s.Type, "array") && s.Items != nil:
		return e.text(s.Items)
	default:
		return e.string(s), doubtful
	}
}

func texts(values []any) []string {
	all := make([]string, len(values))
	for i, v := range values {
		text, _ := v.(string)
		all[i] = text
	}
	return all
}

// oddTexts are those that programs stumble over.
func oddTexts() []string {
	return []string{
		"", " ", "\t\n", "\x00", "a\x00b", "\u2028", "\ufeff", "\u202eabc", "e\u0301", "😀", "\U0010ffff", "\xff\xfe", "null", "true", "0", "-1",
		"'; DROP TABLE student; --", `"`, `\`, `\u0000`, "%", "%25", "_", "../../etc/passwd", "<script>alert(1)</script>", "${jndi:ldap://a}",
		"{{7*7}}", "a b", " padded ", "İ", "ﬃ", strings.Repeat("x", 256), strings.Repeat("é", 255), strings.Repeat("😀", 1000), "/", "~0~1", "id", "imports",
	}
}
