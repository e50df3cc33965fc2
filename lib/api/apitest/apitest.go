// Package apitest holds an API to its own document while tests use it.
package apitest

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"example.com/app/lib/api"
)

// Handler serves what g serves, and fails t for every answer that the document does not promise:
// a status, a content type, a header or a body. Paths outside the document are let through.
func Handler(t testing.TB, g *api.Group) http.Handler {
	t.Helper()
	body, err := g.Document()
	if err != nil {
		t.Fatal(err)
	}
	c, err := newContract(body)
	if err != nil {
		t.Fatal(err)
	}

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		g.Handler().ServeHTTP(recording{recorder, w}, r)
		if err := c.check(r, recorder.Result()); err != nil {
			t.Errorf("%s %s was answered %d: %v\n%s", r.Method, r.URL, recorder.Code, err, recorder.Body)
		}
		copyTo(w, recorder)
	})
}

// recording is an answer on its way, to a client whose connection the handler can still reach.
type recording struct {
	*httptest.ResponseRecorder
	client http.ResponseWriter
}

func (r recording) Unwrap() http.ResponseWriter { return r.client }

func copyTo(w http.ResponseWriter, r *httptest.ResponseRecorder) {
	for name, values := range r.Result().Header {
		w.Header()[name] = values
	}
	w.WriteHeader(r.Code)
	_, _ = w.Write(r.Body.Bytes())
}

// valid answers an error when body does not fit the schema at the JSON pointer into the document.
func (c *contract) valid(pointer string, body []byte) error {
	schema, err := c.compiler.Compile((&url.URL{Path: documentURL, Fragment: pointer}).String())
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

func read(r *http.Response) ([]byte, error) {
	defer r.Body.Close()
	if r.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(r.Body)
	}
	plain, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(plain)
}

func status(r *http.Response) string { return strconv.Itoa(r.StatusCode) }
