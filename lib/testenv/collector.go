package testenv

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Span is one that came to a Collector. Ids are hexadecimal; a root has no Parent.
type Span struct {
	Process, Name     string
	Kind              trace.Span_SpanKind
	Trace, ID, Parent string
	Links             []string // ids of spans
	Attributes        map[string]string
	Failed            bool
}

// Collector takes traces as OTLP over HTTP, in the test's own process.
type Collector struct {
	URL string // what OTEL_EXPORTER_OTLP_ENDPOINT is to be

	mu    sync.Mutex
	spans []Span
}

// NewCollector serves until the test ends.
func NewCollector(t testing.TB) *Collector {
	t.Helper()

	c := &Collector{}
	server := httptest.NewServer(http.HandlerFunc(c.receive))
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

// Spans are those that came so far.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}

// Span waits for one that fits.
func (c *Collector) Span(t testing.TB, what string, fits func(Span) bool) (found Span) {
	t.Helper()

	Eventually(t, "the collector has "+what, func() bool {
		spans := c.Spans()
		i := slices.IndexFunc(spans, fits)
		if i >= 0 {
			found = spans[i]
		}
		return i >= 0
	})
	return found
}

func (c *Collector) receive(w http.ResponseWriter, r *http.Request) {
	request, err := read(r)
	if err != nil || r.URL.Path != "/v1/traces" {
		http.Error(w, "no traces", http.StatusBadRequest)
		return
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	for _, of := range request.GetResourceSpans() {
		for _, scope := range of.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				c.spans = append(c.spans, newSpan(of.GetResource(), s))
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func read(r *http.Request) (*collector.ExportTraceServiceRequest, error) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, err
		}
		body = unzipped
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	request := &collector.ExportTraceServiceRequest{}
	return request, proto.Unmarshal(raw, request)
}

func newSpan(process *resource.Resource, s *trace.Span) Span {
	span := Span{
		Process:    attributes(process.GetAttributes())["service.name"],
		Name:       s.GetName(),
		Kind:       s.GetKind(),
		Trace:      hex.EncodeToString(s.GetTraceId()),
		ID:         hex.EncodeToString(s.GetSpanId()),
		Parent:     hex.EncodeToString(s.GetParentSpanId()),
		Attributes: attributes(s.GetAttributes()),
		Failed:     s.GetStatus().GetCode() == trace.Status_STATUS_CODE_ERROR,
	}
	for _, l := range s.GetLinks() {
		span.Links = append(span.Links, hex.EncodeToString(l.GetSpanId()))
	}
	return span
}

// attributes are texts as they are, and other values as the protocol prints them.
func attributes(list []*common.KeyValue) map[string]string {
	all := map[string]string{}
	for _, a := range list {
		if text, ok := a.GetValue().GetValue().(*common.AnyValue_StringValue); ok {
			all[a.GetKey()] = text.StringValue
		} else {
			all[a.GetKey()] = a.GetValue().String()
		}
	}
	return all
}
