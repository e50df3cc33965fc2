package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
)

var inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)

// contentPolicy is the Content-Security-Policy of a page: this host alone, and the scripts that stand in the page itself.
// Both documentation programs write style attributes, which no hash can name.
func contentPolicy(page []byte) string {
	inline := inlineScript.FindAllSubmatch(page, -1)
	scripts := make([]string, 0, len(inline)+1)
	scripts = append(scripts, "script-src 'self'")
	for _, m := range inline {
		sum := sha256.Sum256(m[1])
		scripts = append(scripts, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return strings.Join([]string{
		"default-src 'none'", strings.Join(scripts, " "), "style-src 'self' 'unsafe-inline'", "img-src 'self' data:",
		"font-src 'self' data:", "connect-src 'self'", "worker-src blob:", "base-uri 'none'", "form-action 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}

// rendered is the page that h answers at its root.
func rendered(h http.Handler) []byte {
	w := capture{header: http.Header{}}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "/docs/", http.NoBody)
	if err != nil {
		panic(err) // a constant
	}
	h.ServeHTTP(&w, r)
	return w.Bytes()
}

type capture struct {
	bytes.Buffer
	header http.Header
}

func (c *capture) Header() http.Header { return c.header }
func (*capture) WriteHeader(int)       {}
