package apitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// judge answers an error when the document does not promise such an answer to such a request.
func (e *Explorer) judge(q *question, a *answer) error {
	errs := []error{e.contract.check(q.sent, a.Response)}
	if q.again != nil {
		errs = append(errs, q.again.judge(a))
	}
	if id := a.Header.Get("X-Request-Id"); id == "" {
		errs = append(errs, errors.New("it has no X-Request-Id"))
	}

	switch {
	case a.StatusCode >= http.StatusInternalServerError:
		errs = append(errs, errors.New("that is the service's own fault"))
	case a.StatusCode >= http.StatusBadRequest:
		errs = append(errs, q.refused(a))
	case q.verdict == forbidden && q.method == q.operation.method:
		errs = append(errs, errors.New("the document forbids such a request"))
	}
	return errors.Join(errs...)
}

// problem is the part of a problem document that says what was wrong.
type problem struct {
	Status    int
	Instance  string
	RequestID string `json:"request_id"`
	Errors    []struct{ Pointer, Code, Detail string }
}

func (q *question) refused(a *answer) error {
	if given := a.Header.Get("Content-Type"); given != problemType {
		return fmt.Errorf("it is no problem document but %q", given)
	}
	if q.method == http.MethodHead {
		return nil
	}
	var p problem
	if err := json.Unmarshal(a.body, &p); err != nil {
		return fmt.Errorf("read the problem document: %w", err)
	}
	if p.Status != a.StatusCode || p.Instance != q.sent.URL.EscapedPath() || p.RequestID != a.Header.Get("X-Request-Id") {
		return errors.New("the problem document is about another request")
	}
	if q.verdict == allowed && (a.StatusCode == http.StatusBadRequest || a.StatusCode == http.StatusUnprocessableEntity) && len(p.Errors) > 0 {
		return errors.New("the document allows such a request")
	}
	for _, one := range p.Errors {
		if one.Code == "" || one.Detail == "" || !q.has(one.Pointer) {
			return fmt.Errorf("nothing in the request is at %q", one.Pointer)
		}
	}
	return nil
}

// has tells whether the pointer leads to something that was sent, or could have been.
func (q *question) has(pointer string) bool {
	source, name, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	name = unescape(name)
	named := func(in string) bool {
		return slices.ContainsFunc(q.operation.parameters, func(p given) bool {
			return p.In == in && http.CanonicalHeaderKey(p.Name) == http.CanonicalHeaderKey(name)
		})
	}
	switch {
	case source == "query" && (name == "" || named("query") || q.sent.URL.Query().Has(name)):
		return true
	case source == "header" && (named("header") || q.header.Get(name) != ""):
		return true
	case !json.Valid(q.body) || !utf8.Valid(q.body):
		return len(q.body) > 0 || pointer == ""
	default:
		return leads(pointer, q.body)
	}
}

// leads walks the pointer down; the last step may name a member that is missing.
func leads(pointer string, body []byte) bool {
	at, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return false
	}
	if pointer == "" {
		return true
	}
	steps := strings.Split(pointer, "/")[1:]
	for i, step := range steps {
		switch parent := at.(type) {
		case map[string]any:
			inner, ok := parent[unescape(step)]
			if !ok {
				return i == len(steps)-1
			}
			at = inner
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n < 0 || n >= len(parent) {
				return false
			}
			at = parent[n]
		default:
			return false
		}
	}
	return true
}

func unescape(step string) string { return strings.NewReplacer("~1", "/", "~0", "~").Replace(step) }

// allows judges a body by its schema, where the schema is all that decides.
func (c *contract) allows(pointer string, body []byte) verdict {
	switch {
	case !utf8.Valid(body) || ambiguous(body):
		return doubtful
	case c.valid(pointer, body) != nil:
		return forbidden
	default:
		return allowed
	}
}

// ambiguous finds what the schema cannot say or counts in another way: U+0000, halves of characters, numbers that are
// whole in one spelling only, white space that is cut off.
func ambiguous(body []byte) bool {
	text := string(body)
	if strings.Contains(text, `\u`) || bytes.ContainsAny(body, ".eE") && bytes.ContainsAny(body, "0123456789") {
		return true
	}
	padded := func(s string) bool { return strings.TrimFunc(s, unicode.IsSpace) != s }
	for i, part := range strings.Split(text, `"`) {
		if i%2 == 1 && (padded(part) || strings.Contains(part, `\`)) {
			return true
		}
	}
	return false
}
