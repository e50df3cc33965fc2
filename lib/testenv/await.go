package testenv

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Patience bounds every wait; it is long because a machine under load is slow, not because anything should take long.
const Patience = 60 * time.Second

// Eventually asks until the answer is yes; no yes within Patience fails the test.
func Eventually(t testing.TB, what string, ask func() bool) {
	t.Helper()

	for end := time.Now().Add(Patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ask() {
			return
		}
	}
	t.Fatalf("it never came that %s", what)
}

// Ready returns once url answers 200.
func Ready(t testing.TB, url string) {
	t.Helper()

	Eventually(t, url+" answers 200", func() bool {
		status, _ := Request(t, http.MethodGet, url, "")
		return status == http.StatusOK
	})
}

// Request sends a body, if any, as JSON. The status is 0 when nobody answers within Patience, and answer then says why.
func Request(t testing.TB, method, url, body string) (status int, answer string) {
	t.Helper()

	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}

	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(b)
}
