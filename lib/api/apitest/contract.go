package apitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"example.com/app/lib/strict"
)

const (
	documentURL    = "openapi.json"
	problemType    = "application/problem+json"
	problemPointer = "/components/schemas/Problem"
)

// contract is an OpenAPI document that answers are compared with.
type contract struct {
	mu       sync.Mutex // the compiler is not safe for concurrent use
	compiler *jsonschema.Compiler
	paths    []path
}

type path struct {
	template   string
	pattern    *regexp.Regexp
	operations map[string]operation // by method in lower case
}

type operation struct {
	Responses map[string]struct {
		Headers map[string]struct {
			Required *bool `json:"required"`
		} `json:"headers"`
		Content map[string]any `json:"content"`
	} `json:"responses"`
}

func newContract(document []byte) (*contract, error) {
	var parsed struct {
		Paths map[string]map[string]operation `json:"paths"`
	}
	if err := json.Unmarshal(document, &parsed); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}

	c := &contract{compiler: jsonschema.NewCompiler()}
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(documentURL, value); err != nil {
		return nil, fmt.Errorf("use the document: %w", err)
	}
	for template, operations := range parsed.Paths {
		c.paths = append(c.paths, path{template, patternOf(template), operations})
	}
	return c, nil
}

var parameter = regexp.MustCompile(`\\\{[^}]+\\\}`)

func patternOf(template string) *regexp.Regexp {
	return regexp.MustCompile("^" + parameter.ReplaceAllString(regexp.QuoteMeta(template), "[^/]+") + "$")
}

// find prefers a path that has the method, and of those the one with the fewest parameters.
func (c *contract) find(url, method string) (path, bool) {
	var best path
	rank := func(p path) int {
		if _, has := p.operations[method]; has {
			return -strings.Count(p.template, "{")
		}
		return -1000 - strings.Count(p.template, "{")
	}
	for _, p := range c.paths {
		if p.pattern.MatchString(url) && (best.pattern == nil || rank(p) > rank(best)) {
			best = p
		}
	}
	return best, best.pattern != nil
}

func (c *contract) check(r *http.Request, answer *http.Response) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, err := read(answer)
	if err != nil {
		return err
	}

	method := strings.ToLower(r.Method)
	if r.Method == http.MethodHead {
		method = "get"
	}
	p, known := c.find(r.URL.EscapedPath(), method)
	op, listed := p.operations[method]
	switch {
	case r.Method == http.MethodOptions && !listed:
		return nil
	case !known, !listed:
		return c.unlisted(known, r.Method, answer, body)
	default:
		pointer := strict.Pointer("paths", p.template, method, "responses", status(answer))
		return c.listed(op, pointer, r.Method, answer, body)
	}
}

// unlisted is an answer to something that the document does not have.
func (c *contract) unlisted(knownPath bool, method string, answer *http.Response, body []byte) error {
	if knownPath && (answer.StatusCode != http.StatusMethodNotAllowed || answer.Header.Get("Allow") == "") {
		return errors.New("the document does not have this method, so the answer must be 405 with Allow")
	}
	if answer.Header.Get("Content-Type") == problemType && method != http.MethodHead {
		return c.valid(problemPointer, body)
	}
	return nil
}

func (c *contract) listed(op operation, pointer, method string, answer *http.Response, body []byte) error {
	documented, ok := op.Responses[status(answer)]
	if !ok {
		return errors.New("the document does not list this status")
	}
	for name, header := range documented.Headers {
		if may := header.Required != nil && !*header.Required; answer.Header.Get(name) == "" && !may {
			return fmt.Errorf("the header %s is promised and missing", name)
		}
	}
	if method == http.MethodHead {
		return nil
	}

	given := answer.Header.Get("Content-Type")
	if len(documented.Content) == 0 {
		if len(body) > 0 || given != "" {
			return errors.New("there must be no body")
		}
		return nil
	}
	if _, ok := documented.Content[given]; !ok {
		return fmt.Errorf("the document does not list the content type %q", given)
	}
	return c.valid(pointer+strict.Pointer("content", given, "schema"), body)
}
