package apitest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ExplorerOptions say what an Explorer asks, and as whom.
type ExplorerOptions struct {
	Document []byte                                    // OpenAPI 3.1, as JSON
	URL      string                                    // of the service: "http://127.0.0.1:8090"
	Seed     uint64                                    // one seed asks the same as long as it is answered the same
	Token    func(ctx context.Context) (string, error) // logs in, at first and whenever a token is refused; nil: nobody has to
}

// Explorer makes up requests from nothing but a service's OpenAPI document, sensible ones and absurd ones, and holds
// every answer to the document. What is answered goes into later requests. It is one client: not for concurrent use.
type Explorer struct {
	ExplorerOptions
	contract   *contract
	operations []*described
	chance     *rand.Rand
	client     *http.Client
	memory     memory
	token      string
	tally      map[string]int
}

// NewExplorer answers an error for a document that it cannot read.
func NewExplorer(o ExplorerOptions) (*Explorer, error) {
	c, err := newContract(o.Document)
	if err != nil {
		return nil, err
	}
	operations, err := describe(o.Document)
	if err != nil {
		return nil, err
	}
	return &Explorer{
		ExplorerOptions: o, contract: c, operations: operations, client: newClient(),
		chance: rand.New(rand.NewPCG(o.Seed, 0)), memory: newMemory(), tally: map[string]int{},
	}, nil
}

// newClient sends no body that it has announced before the service asks for it.
func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{ExpectContinueTimeout: patience}, Timeout: patience}
}

const patience = time.Minute // with one answer

// Tally counts the answers by operation and status, as "createStudent 201"; requests with another method are left out.
func (e *Explorer) Tally() map[string]int { return e.tally }

// Step sends one request. Its error says what is wrong with the answer, and shows both.
func (e *Explorer) Step(ctx context.Context) error {
	if err := e.logIn(ctx); err != nil {
		return err
	}

	q := e.next()
	a, err := e.send(ctx, q)
	if err != nil {
		return fmt.Errorf("%s is not answered: %w", q, err)
	}
	if q.method == q.operation.method {
		e.tally[q.operation.id+" "+strconv.Itoa(a.StatusCode)]++
	}
	if err := e.judge(q, a); err != nil {
		return fmt.Errorf("%s is answered\n%s\n%w", q, a, err)
	}
	e.learn(q, a)
	return nil
}

func (e *Explorer) logIn(ctx context.Context) (err error) {
	if e.Token != nil && e.token == "" {
		if e.token, err = e.Token(ctx); err != nil {
			return fmt.Errorf("log in: %w", err)
		}
	}
	return nil
}

// answer is one that was read to its end.
type answer struct {
	*http.Response
	body []byte
}

func (a *answer) String() string {
	var b strings.Builder
	fmt.Fprintln(&b, a.Status)
	_ = a.Header.Write(&b)
	fmt.Fprintf(&b, "\n%s", short(a.body))
	return b.String()
}

func (e *Explorer) send(ctx context.Context, q *question) (*answer, error) {
	r, err := http.NewRequestWithContext(ctx, q.method, e.URL+q.target(), bytes.NewReader(q.body))
	if err != nil {
		return nil, err
	}
	r.Header = q.header.Clone()
	q.sent = r

	response, err := e.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("read the answer %s: %w", response.Status, err)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return &answer{response, body}, nil
}

const shown = 2000 // bytes of a body in a message

func short(body []byte) string {
	if len(body) > shown {
		return fmt.Sprintf("%q… (%d bytes)", body[:shown], len(body))
	}
	return fmt.Sprintf("%q", body)
}
